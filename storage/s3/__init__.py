"""A bucket that several people share, on Amazon S3 or anything that speaks its protocol.

    target.py      `s3://bucket/prefix`, and where things lie in it
    client.py      the connection, from the standard AWS credential chain; errors in words
    transfer.py    one object up or down: in parts, resumed where it stopped, verified
    manifests.py   who offers what: one manifest a workspace, so nobody writes over another's
    plan.py        what a push or a pull would do
    contract.py    what the jobs of a sync are asked and give back
    steps.py       the jobs' work: push an object, publish a manifest, pull an object

Objects are named by their SHA-256, so that what is there already need not travel, and two people who push the same file
push the same object. boto3 loads when the first connection is made.
"""
