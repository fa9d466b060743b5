"""Background jobs: how they are queued, run by workers, watched, and recorded in the store.

kinds          what each kind of job does with a finished shard, and what follows when it is done
supervisor     the queue: one job at a time
job_run        the job under way: starts its parts, takes their shards in, restarts workers that die
shard_intake   takes a finished shard into the store, item by item where the whole is refused
live_progress  how the running job stands
item_state     how far the job is that something waits for
leftovers      what finished jobs leave on disk
"""
