"""The Handpicked app: the Streamlit shell, its components and reports, the command line, and the workflows."""
