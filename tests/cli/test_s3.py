"""What the command line says of S3: which keys are found, and what cannot be there."""
import pytest

INVALID, UNSUPPORTED = 2, 10
SECRET = "Hy4-unprintable-Qm8"


def s3_check(sluice, check_code=0):
    checks = sluice.run("doctor", "--json", check_code=check_code).json["checks"]
    return {check["name"]: check for check in checks}["S3"]


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No keys from whoever runs the tests."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                 "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


def test_doctor_says_that_no_keys_are_found(sluice, bare):
    assert s3_check(sluice)["detail"] == "no keys found, Amazon, region us-east-1"


def test_doctor_says_where_keys_are_found_and_not_what_they_are(sluice, bare):
    bare.setenv("AWS_ACCESS_KEY_ID", "AKID")
    bare.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    bare.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    check = s3_check(sluice)
    assert check["sound"]
    expected = "key AKID from AWS_ACCESS_KEY_ID, http://127.0.0.1:9, region us-east-1"
    assert check["detail"] == expected
    assert SECRET not in sluice.run("doctor").stdout


def test_doctor_names_a_profile_that_is_not_there(sluice, bare):
    bare.setenv("AWS_PROFILE", "nowhere")
    check = s3_check(sluice, check_code=3)
    assert not check["sound"] and '"nowhere"' in check["detail"]


@pytest.mark.parametrize("location, code", [
    ("s3://lake/t", INVALID), ("csv:s3://lake/t", UNSUPPORTED), ("delta:s3://x", INVALID),
    ("parquet:s3://lake/t?region=eu-west-1", UNSUPPORTED), ("delta:s3://lake/t?regoin=x", INVALID),
    ("duckdb:s3://lake/d.duckdb", UNSUPPORTED)])
def test_a_location_on_s3_is_refused_by_name(sluice, bare, location, code):
    error = sluice.run("inspect", location, "--json", check_code=code).json["error"]
    assert "lake" in error["message"] or "s3://x" in error["message"]
    assert error["hint"]
