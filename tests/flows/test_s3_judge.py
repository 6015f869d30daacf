"""What sluice's store writes to S3 is read by boto3, and the reverse."""
import os
import subprocess

import boto3
import pytest

from support import s3 as servers
from support.program import BINARY

PROGRAM = BINARY.parent / "contract_tests"
KEYS = ["plain", "with blank +plus %41", "ü/中&=?#"]


@pytest.fixture
def bucket(s3):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built")
    return s3.new_bucket()


@pytest.fixture
def client(s3):
    return boto3.client(
        "s3", endpoint_url=s3.endpoint, region_name=servers.REGION,
        aws_access_key_id=servers.KEY_ID, aws_secret_access_key=servers.SECRET
    )


def run(s3, bucket, test):
    environment = {
        **os.environ, "SLUICE_TEST_S3": s3.endpoint, "SLUICE_TEST_S3_BUCKET": bucket,
        "SLUICE_TEST_S3_KEY_ID": servers.KEY_ID, "SLUICE_TEST_S3_SECRET": servers.SECRET,
        "SLUICE_TEST_S3_JUDGE": "1", "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        [PROGRAM, f"--gtest_filter=StoreJudge.{test}"], env=environment, capture_output=True,
        text=True, timeout=60, check=False
    )
    assert done.returncode == 0 and "[  PASSED  ] 1 test" in done.stdout, done.stdout


def test_boto3_reads_what_the_store_wrote(s3, bucket, client):
    run(s3, bucket, "WritesSmallAndLargeObjects")
    for key in KEYS:
        body = client.get_object(Bucket=bucket, Key=f"judged/ours/{key}")["Body"].read()
        assert body == key.encode()
    large = client.get_object(Bucket=bucket, Key="judged/ours/large")["Body"].read()
    assert large == b"".join(bytes([ord("a") + i]) * (1 << 20) for i in range(12))
    listed = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert {entry["Key"] for entry in listed} == {
        f"judged/ours/{key}" for key in [*KEYS, "large"]
    }
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_the_store_reads_what_boto3_wrote(s3, bucket, client):
    for key in KEYS:
        client.put_object(Bucket=bucket, Key=f"judged/theirs/{key}", Body=key.encode())
    run(s3, bucket, "ReadsWhatAnotherWrote")
