"""Parts of a job in a Ray cluster, behind the same seam as the processes on this machine.

    app ── executor.py ──► driver.py, a process that holds the connection ──► actors on the nodes, part_actor.py each
                                                                              └─► engine.worker, as it runs here

executor      what the app starts and talks to; imports nothing of Ray
lines         what the app and the driver say to one another, one JSON object a line
driver        the process that holds the connection: Ray ends a process whose cluster is lost, so it is not the app
connection    finding and joining the cluster, and its nodes, in words
part_stream   what one actor sends, turned into shards on the disk and messages to the app
part_actor    one part on a node: a worker process beside the actor, what it makes sent back in pieces
parcels       a shard as pieces of a tar file, and unpacked again within limits
node_view     what a node has to have in common with the app's machine: versions, code, files, models
"""
