"""Background jobs: how they are queued, run by workers, watched, and recorded in the store.

kinds          the kinds of job: the step of each, how its results are taken in, what follows when it is done
prepared       what is kept of a job's inputs until its results are taken in
supervisor     the queue: one job at a time
job_run        the job under way: starts its parts, takes their shards in, restarts workers that die
part           one part of it: its worker, the item in hand, its time limits
shard_intake   takes a finished shard into the store, item by item where the whole is refused
live_progress  how the running job stands
item_state     how far the job is that something waits for
leftovers      what finished jobs leave on disk
"""
