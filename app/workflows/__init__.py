"""One function for each step of the work: reads the store, runs the engine, writes the store. No Streamlit."""
