"""Access to a shared bucket, on Amazon S3 or any server with its protocol.

    target.py      `s3://bucket/prefix`, and the keys below it
    client.py      the connection, from the standard AWS credential chain; readable errors
    transfer.py    one object up or down: in parts, resumed where it stopped, verified
    manifests.py   manifests of what each workspace shares: one for each, so nobody overwrites another's
    plan.py        comparison of local files with the bucket
    contract.py    what the jobs of a sync are asked and give back
    steps.py       the job steps: push an object, publish a manifest, pull an object

Objects are named by their SHA-256, so that existing content is not sent again, and two people who push the same file
push the same object. boto3 is imported with the first connection.
"""
