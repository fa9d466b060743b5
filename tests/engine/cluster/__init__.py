"""Parts of jobs in a cluster."""
