#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "base/file.h"
#include "endpoint/duckdb/duckdb_endpoint.h"
#include "endpoint/duckdb/file_header.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class DuckdbReadTest : public FileEndpointTest {
 protected:
  fs::path file() const { return folder_ / "source.duckdb"; }
  void make(const std::string& statements) {
    sql("ATTACH '" + file().string() + "' AS made; USE made; " + statements +
        "; USE memory; DETACH made");
  }
  Result<std::unique_ptr<Endpoint>> open(const fs::path& path) {
    Location location;
    location.kind = "duckdb";
    location.path = path.string();
    return open_duckdb(location, *engine_, false);
  }
  // What a DuckDB that died leaves: a file and a log that was not checkpointed. The log is copied
  // away while another engine still has the file open.
  void leave_log(const std::string& before, const std::string& after) {
    Engine::Options options;
    options.spill_folder = folder_ / "spill2";
    auto other = Engine::open(options);
    ASSERT_OK(other);
    const fs::path live = folder_ / "live.duckdb";
    auto connection = (*other)->connect();
    ASSERT_OK((*connection)
                  ->execute("ATTACH '" + live.string() + "' AS live; USE live; " + before +
                            "; CHECKPOINT; SET wal_autocheckpoint = '1GB'; " + after));
    fs::copy_file(live, file());
    fs::copy_file(live.string() + ".wal", file().string() + ".wal");
  }
};

TEST_F(DuckdbReadTest, inventory_has_keys_defaults_comments_and_indexes) {
  make(
      "CREATE SCHEMA other; CREATE SEQUENCE s START 5; CREATE SEQUENCE free_one START 9; "
      "CREATE TABLE p (id INTEGER PRIMARY KEY DEFAULT nextval('s'), n VARCHAR NOT NULL UNIQUE, "
      "d DOUBLE DEFAULT 1.5 CHECK (d > 0), g INTEGER GENERATED ALWAYS AS (id * 2), "
      "e ENUM ('a', 'b'), j JSON, \"my col\" DECIMAL(20,4)); "
      "CREATE TABLE c (id INTEGER, p INTEGER REFERENCES p (id)); "
      "CREATE TABLE other.t (x INTEGER); "
      "CREATE INDEX p_d ON p (d, \"my col\"); CREATE UNIQUE INDEX p_expr ON p ((abs(d))); "
      "COMMENT ON TABLE p IS 'people'; COMMENT ON COLUMN p.n IS 'their name'; "
      "CREATE VIEW v AS SELECT n FROM p; CREATE MACRO twice(a) AS a * 2; "
      "CREATE TABLE sluice_01jd0000000000000000000009_t_x (i INTEGER); "
      "INSERT INTO p (n, e) VALUES ('x', 'b'); INSERT INTO c VALUES (1, 5), (2, NULL); "
      "CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id))");
  const auto endpoint = open(file());
  ASSERT_OK(endpoint);
  const auto session = (*endpoint)->read();
  ASSERT_OK(session);
  const auto inventory = (*session)->inspect();
  ASSERT_OK(inventory);
  std::vector<std::string> names;
  for (const Table& table : inventory->tables) names.push_back(table.name.display());
  EXPECT_EQ((std::vector<std::string>{"main.c", "main.p", "main.tree", "main.v", "other.t"}),
            names);
  const Table& p = inventory->tables[1];
  EXPECT_EQ(1U, (*session)->count(p).value());
  EXPECT_EQ("people", p.comment);
  std::vector<std::string> columns;
  for (const Column& c : p.columns) {
    columns.push_back(c.name + " " + to_string(c.type) + (c.nullable ? "" : " not null") +
                      (c.identity ? " identity" : "") + (c.generated ? " generated" : "") +
                      (c.default_sql ? " default " + *c.default_sql : "") +
                      (c.comment.empty() ? "" : " # " + c.comment));
  }
  EXPECT_EQ((std::vector<std::string>{"id int32 not null identity", "n text not null # their name",
                                      "d float64 default 1.5", "g int32 generated",
                                      "e enum(\"a\",\"b\")", "j json", "my col decimal(20,4)"}),
            columns);
  ASSERT_EQ(2U, p.keys.size());
  EXPECT_EQ(KeyKind::kPrimary, p.keys[0].kind);
  EXPECT_EQ(std::vector<std::string>{"n"}, p.keys[1].columns);
  ASSERT_EQ(2U, p.indexes.size());
  EXPECT_EQ((std::vector<std::string>{"d", "my col"}), p.indexes[0].columns);
  EXPECT_TRUE(p.indexes[1].columns.empty());
  EXPECT_TRUE(p.indexes[1].unique);
  ASSERT_EQ(1U, p.checks.size());
  EXPECT_EQ("(d > 0)", p.checks[0].expression_sql);
  ASSERT_EQ(1U, p.sequences.size());
  EXPECT_EQ("id", p.sequences[0].owned_by_column);
  EXPECT_EQ(6, p.sequences[0].next_value);
  ASSERT_EQ(1U, inventory->tables[0].foreign_keys.size());
  EXPECT_EQ("main.p", inventory->tables[0].foreign_keys[0].target.display());
  EXPECT_EQ(
      "CREATE TABLE tree(id INTEGER PRIMARY KEY, up INTEGER, FOREIGN KEY (\"up\") "
      "REFERENCES \"main\".\"tree\"(\"id\"));",
      inventory->tables[2].native_ddl);
  EXPECT_TRUE(inventory->tables[3].is_view);
  EXPECT_EQ("CREATE VIEW v AS SELECT n FROM p;", inventory->tables[3].view_sql);
  ASSERT_EQ(1U, inventory->free_sequences.size());
  EXPECT_EQ("free_one", inventory->free_sequences[0].name);
  ASSERT_EQ(1U, inventory->findings.size());
  EXPECT_EQ("macro_not_carried main.twice",
            inventory->findings[0].kind + " " + inventory->findings[0].object);
}

TEST_F(DuckdbReadTest, chunks_cover_each_row_once_also_where_rows_were_deleted) {
  make(
      "CREATE TABLE t AS SELECT range AS i FROM range(500000); "
      "DELETE FROM t WHERE i % 7 = 0 OR i BETWEEN 100000 AND 250000; "
      "CREATE TABLE empty (i INTEGER); CREATE TABLE hidden (rowid INTEGER); "
      "INSERT INTO hidden VALUES (7), (7), (7)");
  const std::string all = "SELECT count(*), sum(i)::VARCHAR FROM ";
  const auto endpoint = open(file());
  ASSERT_OK(endpoint);
  const auto session = (*endpoint)->read();
  ASSERT_OK(session);
  const auto inventory = (*session)->inspect();
  ASSERT_OK(inventory);
  for (const Table& table : inventory->tables) {
    const auto chunks = (*session)->chunks(table, 50000);
    ASSERT_OK(chunks);
    EXPECT_EQ(table.name.name == "t" ? 6U : 1U, chunks->size());
    std::vector<std::string> parts;
    for (const ChunkRange& chunk : *chunks) {
      parts.push_back("FROM " + (*session)->relation(table, &chunk, ReadPath::kFast).value());
    }
    const std::string whole = (*session)->relation(table, nullptr, ReadPath::kFast).value();
    EXPECT_EQ(ask("SELECT count(*), sum(hash(w)) FROM " + whole + " w"),
              ask("SELECT count(*), sum(hash(w)) FROM (" + join(parts, " UNION ALL ") + ") w"));
  }
  const Table& t = inventory->tables.back();
  EXPECT_EQ("299999", std::to_string((*session)->count(t).value()));
  EXPECT_EQ("299999", ask("SELECT count(DISTINCT i) FROM " +
                          (*session)->relation(t, nullptr, ReadPath::kFast).value()));
}

TEST_F(DuckdbReadTest, the_independent_path_gives_the_same_values_of_every_type) {
  make("CREATE TABLE t AS FROM test_all_types()");
  const auto endpoint = open(file());
  ASSERT_OK(endpoint);
  const auto session = (*endpoint)->read();
  ASSERT_OK(session);
  const auto inventory = (*session)->inspect();
  ASSERT_OK(inventory);
  for (const Column& column : inventory->tables[0].columns) {
    Table one = inventory->tables[0];
    one.columns = {column};
    std::vector<std::string> digests;
    for (const ReadPath path : {ReadPath::kFast, ReadPath::kIndependent}) {
      Digest digest;
      const Status done =
          connection_->stream("FROM " + (*session)->relation(one, nullptr, path).value(),
                              [&](const Batch& batch) -> Status {
                                digest += digest_of(batch);
                                return {};
                              });
      ASSERT_TRUE(done) << column.name << ": " << done.error().message;
      digests.push_back(digest.hex() + " " + std::to_string(digest.rows));
    }
    EXPECT_EQ(digests[0], digests[1]) << column.name;
  }
}

TEST_F(DuckdbReadTest, a_source_is_not_written) {
  make("CREATE TABLE t AS SELECT range AS i FROM range(1000)");
  const auto bytes = read_file(file()).value();
  const auto time = fs::last_write_time(file());
  {
    const auto endpoint = open(file());
    ASSERT_OK(endpoint);
    EXPECT_EQ("invalid", kind_of((*endpoint)->write("01JD0000000000000000000001", {})));
    const auto session = (*endpoint)->read();
    ASSERT_OK(session);
    const auto inventory = (*session)->inspect();
    ASSERT_OK(inventory);
    const std::string relation =
        (*session)->relation(inventory->tables[0], nullptr, ReadPath::kFast).value();
    EXPECT_EQ("499500", ask("SELECT sum(i)::VARCHAR FROM " + relation));
    EXPECT_FALSE(connection_->execute("DELETE FROM " + relation.substr(1)));
  }
  EXPECT_EQ(bytes, read_file(file()).value());
  EXPECT_EQ(time, fs::last_write_time(file()));
  EXPECT_EQ((std::vector<std::string>{"source.duckdb"}), names_in(folder_));
}

TEST_F(DuckdbReadTest, a_log_beside_the_file_is_read_and_left_as_it_is) {
  for (const char* after :
       {"INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (2); CREATE INDEX t_i ON t (i)"}) {
    leave_log("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1)", after);
    const fs::path log = file().string() + ".wal";
    const auto bytes = read_file(file()).value() + read_file(log).value();
    const auto times = std::pair(fs::last_write_time(file()), fs::last_write_time(log));
    {
      const auto endpoint = open(file());
      ASSERT_OK(endpoint);
      const auto session = (*endpoint)->read();
      ASSERT_OK(session);
      const auto inventory = (*session)->inspect();
      ASSERT_OK(inventory);
      EXPECT_EQ("1;2",
                ask("FROM " +
                    (*session)->relation(inventory->tables[0], nullptr, ReadPath::kFast).value() +
                    " ORDER BY i"));
    }
    EXPECT_EQ(bytes, read_file(file()).value() + read_file(log).value());
    EXPECT_EQ(times, std::pair(fs::last_write_time(file()), fs::last_write_time(log)));
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.is_regular_file()) fs::remove(entry);
    }
    EXPECT_TRUE(!fs::exists(folder_ / "spill") || fs::is_empty(folder_ / "spill"));
  }
}

TEST_F(DuckdbReadTest, fingerprint_changes_with_the_content_only) {
  make("CREATE TABLE t (i INTEGER)");
  const auto fingerprint = [&] {
    return open(file()).value()->read().value()->fingerprint().value();
  };
  const std::string first = fingerprint();
  EXPECT_EQ(64U, first.size());
  EXPECT_EQ(first, fingerprint());
  make("INSERT INTO t VALUES (1)");
  EXPECT_NE(first, fingerprint());
}

TEST_F(DuckdbReadTest, backup_is_a_whole_copy) {
  make(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1); "
      "CREATE TABLE c (p INTEGER REFERENCES p (id)); INSERT INTO c VALUES (1); "
      "CREATE INDEX c_p ON c (p); CREATE SEQUENCE s START 7");
  const fs::path copy = folder_ / "backup.duckdb";
  {
    const auto endpoint = open(file());
    ASSERT_OK(endpoint);
    ASSERT_OK((*endpoint)->backup(copy.string()));
    EXPECT_EQ("exists", kind_of((*endpoint)->backup(copy.string())));
  }
  EXPECT_EQ((std::vector<std::string>{"backup.duckdb", "source.duckdb"}), names_in(folder_));
  sql("ATTACH '" + copy.string() + "' AS b (READ_ONLY)");
  EXPECT_EQ("1", ask("SELECT p FROM b.c"));
  EXPECT_EQ("c_p", ask("SELECT index_name FROM duckdb_indexes() WHERE database_name = 'b'"));
  sql("DETACH b");
}

TEST_F(DuckdbReadTest, a_lock_of_another_process_is_named) {
  make("CREATE TABLE t (i INTEGER)");
  int ready[2];
  int done[2];
  ASSERT_EQ(0, ::pipe(ready));
  ASSERT_EQ(0, ::pipe(done));
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(file().c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    char byte = ::fcntl(fd, F_SETLK, &lock) == 0 ? 'k' : 'f';
    if (::write(ready[1], &byte, 1) == 1) static_cast<void>(::read(done[0], &byte, 1));
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(1, ::read(ready[0], &byte, 1));
  ASSERT_EQ('k', byte);
  const auto endpoint = open(file());
  EXPECT_EQ("conflict", kind_of(endpoint));
  if (!endpoint) {
    EXPECT_NE(std::string::npos,
              endpoint.error().message.find("process " + std::to_string(child) + " ("))
        << endpoint.error().message;
  }
  ASSERT_EQ(1, ::write(done[1], &byte, 1));
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ("ok", kind_of(open(file())));
}

TEST_F(DuckdbReadTest, files_that_are_no_duckdb_are_named) {
  const auto open_bytes = [&](const std::string& bytes) {
    std::ofstream(file(), std::ios::binary) << bytes;
    const auto endpoint = open(file());
    return kind_of(endpoint) + ": " + (endpoint ? "" : endpoint.error().message);
  };
  const std::string name = "\"" + file().string() + "\"";
  EXPECT_EQ(
      "not_found: " + name + " is not there", open_bytes("").substr(0, 0) + [&] {
        fs::remove(file());
        const auto endpoint = open(file());
        return kind_of(endpoint) + ": " + endpoint.error().message;
      }());
  EXPECT_EQ("invalid: " + name + ": is a SQLite database, not a DuckDB file",
            open_bytes(std::string("SQLite format 3\0 and more", 25)));
  EXPECT_EQ("invalid: " + name + ": is a Parquet file, not a DuckDB file",
            open_bytes("PAR1 and some more"));
  EXPECT_EQ("corrupt: " + name + ": is not a DuckDB file: no \"DUCK\" at byte 8", open_bytes("x"));
  EXPECT_EQ("corrupt", open_bytes("").substr(0, 7));
  fs::remove(file());
  make("CREATE TABLE t AS SELECT range AS i FROM range(100000)");
  const std::string whole = read_file(file()).value();
  EXPECT_EQ("corrupt: " + name + ": is cut off: it has 5000 bytes, its headers alone have 12288",
            open_bytes(whole.substr(0, 5000)));
  EXPECT_EQ("corrupt: " + name + ": is cut off: it has " + std::to_string(whole.size() - 1) + " ",
            open_bytes(whole.substr(0, whole.size() - 1)).substr(0, name.size() + 37));
  std::string newer = whole;
  const std::uint64_t marker = 999;
  const std::uint64_t version = 69;
  std::memcpy(newer.data() + 12, &marker, sizeof(marker));
  for (const std::size_t header : {4096U, 8192U}) {
    std::memcpy(newer.data() + header + 56, &version, sizeof(version));
  }
  std::memcpy(newer.data() + 52, "v2.0.0", 6);
  EXPECT_EQ("unsupported: " + name +
                ": has storage version 69, written by DuckDB v2.0.0; this sluice has DuckDB 1.5.5, "
                "which reads 64 to 68",
            open_bytes(newer));
  std::string encrypted = whole;
  encrypted[20] = 1;
  EXPECT_EQ("unsupported: " + name + ": is encrypted; sluice reads plain files only",
            open_bytes(encrypted));
}

TEST_F(DuckdbReadTest, numeric_becomes_decimal_where_it_fits) {
  make("CREATE TABLE t (i INTEGER)");
  const auto endpoint = open(file());
  ASSERT_OK(endpoint);
  const auto rule = [&](const std::string& type) {
    const TypeRule found = (*endpoint)->rule(parse_type(type).value());
    return std::string(to_string(found.mapping)) + " " + to_string(found.carried) + " " +
           found.native_type + " " + std::to_string(found.checks.size());
  };
  EXPECT_EQ("exact decimal(10,2) DECIMAL(10,2) 2", rule("numeric(10,2)"));
  EXPECT_EQ("exact decimal(5,5) DECIMAL(5,5) 2", rule("numeric(3,5)"));
  EXPECT_EQ("unsupported numeric  0", rule("numeric"));
  EXPECT_EQ("unsupported numeric(39,2)  0", rule("numeric(39,2)"));
  EXPECT_EQ("widened text VARCHAR 0", rule("text(20)"));
  EXPECT_EQ("exact list<struct<\"a\":json,\"b\":int128>> STRUCT(\"a\" JSON, \"b\" HUGEINT)[] 0",
            rule("list<struct<\"a\":json,\"b\":int128>>"));
  EXPECT_EQ("unsupported other(\"VARIANT\")  0", rule("other(\"VARIANT\")"));
}

}  // namespace
}  // namespace sluice
