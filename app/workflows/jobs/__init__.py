"""Background jobs: queues them, runs them in worker processes, and records them in the store.

kinds          the kinds of job: the step of each, how its results are taken in, what follows when it is done
prepared       what is kept of a job's inputs until its results are taken in
supervisor     the queues: one job at a time in each lane
lane_queue     the jobs that wait in one lane, and the one that runs
job_run        one running job: starts its workers, stores their shards, restarts workers that die
part           one part of it: its worker, the item in hand, its time limits
shard_intake   stores a finished shard, item by item where the store refuses the whole
live_progress  live progress of a running job
time_left      how long a running job will still take, where that can be known
announced      what runs and waits, written down for commands of other processes
item_state     the state of one item that a page waits for
leftovers      files of finished jobs on disk
"""
