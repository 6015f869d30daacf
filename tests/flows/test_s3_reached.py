"""How S3 is reached, by sluice's own client and by DuckDB's httpfs alike: keys that last for a
time, names of buckets as hosts, regions, profiles, https; and what is said where it is not."""
import pytest

from support import s3 as servers
from support.faulty_proxy import FaultyProxy, refusal
from support.s3_delta import S3Delta
from support.targets import DuckdbTarget
from support.token_gate import TokenGate

DONE, INVALID, NOT_FOUND, DENIED = 0, 2, 3, 8
TOKEN = "Tk7-unprintable-Zz1"
OTHER = "Ot4-unprintable-Qq8"
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


@pytest.fixture
def source(tmp_path):
    made = DuckdbTarget(tmp_path)
    made.execute("CREATE TABLE t AS SELECT i AS id FROM range(100) t(i)")
    return made


@pytest.fixture
def started():
    made = []

    def start(**more):
        made.append(servers.S3Server(**more))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def uris(server, folder, bucket=None, parameters=""):
    """A place of each kind of lake."""
    place = f"s3://{bucket or server.new_bucket()}"
    mark = parameters and f"&{parameters}"
    return [f"delta:{place}/delta{parameters and '?' + parameters}",
            f"ducklake:sqlite:{folder}/lake.sqlite?data_path={place}/lake{mark}",
            f"iceberg:sqlite:{folder}/ice.db?warehouse={place}/ice{mark}"]


def there_and_back(sluice, source, uri, env):
    """Written, and read again by both clients."""
    sluice.run("migrate", source.uri, uri, "--json", env=env, check_code=DONE)
    found = sluice.run("verify", source.uri, uri, "--json", env=env, check_code=DONE)
    assert found.json["state"] == "same"
    return found


def refused(sluice, uri, env, code):
    found = sluice.run("inspect", uri, "--json", env=env, check_code=code)
    for secret in (servers.SECRET, TOKEN, OTHER):
        assert secret not in found.stdout + found.stderr
    assert found.json["error"]["hint"], found
    return found.json["error"]


def test_a_token_goes_with_every_request_of_both_clients(sluice, source, s3, tmp_path):
    gate = TokenGate(s3, TOKEN)
    try:
        env = {**s3.environment(), "AWS_ENDPOINT_URL_S3": gate.endpoint}
        for uri in uris(s3, tmp_path):
            found = there_and_back(sluice, source, uri, {**env, "AWS_SESSION_TOKEN": TOKEN})
            assert TOKEN not in found.stdout + found.stderr
        assert gate.strangers == []
        ours = {agent for agent in gate.agents if agent.startswith("sluice/")}
        assert ours and gate.agents - ours, "both clients asked"
        error = refused(sluice, uris(s3, tmp_path)[0], {**env, "AWS_SESSION_TOKEN": OTHER}, DENIED)
        assert "aws sso login" in error["hint"]
    finally:
        gate.stop()


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_buckets_are_reached_in_both_styles_with_and_without_tls(
        sluice, source, started, tmp_path, style, tls):
    server = started(style=style, tls=tls)
    env = {**server.environment(), "NO_PROXY": "127.0.0.1,.localhost",
           "no_proxy": "127.0.0.1,.localhost"}
    if tls:
        env["AWS_CA_BUNDLE"] = str(server.authorities)
    for uri in uris(server, tmp_path, parameters=f"url_style={style}"):
        there_and_back(sluice, source, uri, env)
    if tls:
        del env["AWS_CA_BUNDLE"]
        error = refused(sluice, uris(server, tmp_path)[0], env, DENIED)
        assert "AWS_CA_BUNDLE" in error["hint"]


def test_profiles_say_keys_region_and_endpoint(sluice, source, s3, tmp_path):
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = nobody\naws_secret_access_key = {OTHER}\n\n"
        f"[shop]\naws_access_key_id = {servers.KEY_ID}\n"
        f"aws_secret_access_key = {servers.SECRET}\n", encoding="utf-8")
    (tmp_path / "config").write_text(
        f"[profile shop]\nregion = {servers.REGION}\nendpoint_url = {s3.endpoint}\n",
        encoding="utf-8")
    files = {**NO_KEYS, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
             "AWS_CONFIG_FILE": str(tmp_path / "config"), "NO_PROXY": "127.0.0.1",
             "no_proxy": "127.0.0.1"}
    for uri in uris(s3, tmp_path, parameters="profile=shop"):
        there_and_back(sluice, source, uri, files)
    (tmp_path / "by_name").mkdir()
    for uri in uris(s3, tmp_path / "by_name"):
        there_and_back(sluice, source, uri, {**files, "AWS_PROFILE": "shop"})
    error = refused(sluice, f"delta:s3://{s3.new_bucket()}/x?profile=nosuch", files, INVALID)
    assert "nosuch" in error["message"] and "list-profiles" in error["hint"]
    other = f"delta:s3://{s3.new_bucket()}/x?endpoint={s3.endpoint}"
    error = refused(sluice, other, files, DENIED)
    assert "nobody" in error["hint"] and "credentials" in error["hint"]


def test_the_region_is_signed_for(sluice, source, s3, tmp_path):
    env = {**s3.environment(), "AWS_REGION": "eu-north-1"}
    for uri in uris(s3, tmp_path, parameters=f"region={servers.REGION}"):
        there_and_back(sluice, source, uri, env)
    error = refused(sluice, f"delta:s3://{s3.new_bucket()}/x", env, INVALID)
    assert servers.REGION in error["hint"] and "eu-north-1" in error["hint"], error


def test_what_is_wrong_is_said_with_what_to_do(sluice, started):
    server = started(users=True)
    server.new_user("guest", OTHER)
    bucket = server.new_bucket()
    uri, env = f"delta:s3://{bucket}/x", server.environment()
    error = refused(sluice, uri, {**env, "AWS_ACCESS_KEY_ID": "wrong"}, DENIED)
    assert "wrong" in error["hint"] and "doctor" in error["hint"]
    error = refused(sluice, uri, {**env, "AWS_SECRET_ACCESS_KEY": OTHER}, DENIED)
    assert "secret key" in error["hint"] and servers.KEY_ID in error["hint"]
    error = refused(sluice, "delta:s3://there-is-none/x", env, NOT_FOUND)
    assert "aws s3 mb s3://there-is-none" in error["hint"]
    guest = {**env, "AWS_ACCESS_KEY_ID": "guest", "AWS_SECRET_ACCESS_KEY": OTHER}
    error = refused(sluice, uri, guest, DENIED)
    assert "guest" in error["hint"] and "s3:PutObject" in error["hint"] and bucket in error["hint"]
    error = refused(sluice, uri, {**env, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, NOT_FOUND)
    assert "host and port" in error["hint"]
    error = refused(sluice, uri, {**env, "AWS_ENDPOINT_URL_S3": "http://nosuch.invalid"}, NOT_FOUND)
    assert "endpoint" in error["hint"]


@pytest.mark.parametrize("status, code, exit_code, hint", [
    ("403 Forbidden", "RequestTimeTooSkewed", DENIED, "clock"),
    ("400 Bad Request", "ExpiredToken", DENIED, "get new"),
    ("403 Forbidden", "AccessDenied", DENIED, "s3:GetObject"),
])
def test_both_clients_say_what_the_server_said(
        sluice, source, s3, tmp_path, status, code, exit_code, hint):
    place = S3Delta(s3)
    uri = f"delta:{place.root}"
    sluice.run("migrate", source.uri, uri, env=s3.environment(), check_code=DONE)
    back = f"duckdb:{tmp_path}/back.duckdb"
    cases = [("", [uri, back]), (r"^(GET|HEAD) \S*\.parquet", [uri, back]),
             (r"^(PUT|POST) \S*\.parquet", [source.uri, uri, "--if-exists", "append"])]
    for only, words in cases:
        proxy = FaultyProxy(s3.port, "answer", 1, only=only, answers_as=refusal(status, code))
        try:
            env = {**s3.environment(), "AWS_ENDPOINT_URL_S3": proxy.endpoint}
            found = sluice.run("migrate", *words, "--json", env=env)
        finally:
            proxy.stop()
        error = found.json["error"]
        assert found.code == exit_code and hint in error["hint"], (only, found)
        assert code in error["message"] and "duckdb.org" not in error["message"]
    sluice.run("resume", "last", env=s3.environment(), check_code=DONE)
    assert len(place.rows("t")) == 200
