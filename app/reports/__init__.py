"""Reports as the pages and the command line both show them: words, charts, whole pages. No Streamlit."""
