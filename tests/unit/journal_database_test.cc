#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "journal/journal.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDigest = "000000000000000000000000000000ff";

class JournalDatabase : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sluice-journal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Journal open(bool create = true) {
    auto journal = Journal::open(folder_, create);
    if (!journal) throw std::runtime_error(journal.error().message);
    return std::move(*journal);
  }
  static RunRecord record(const std::string& run = make_ulid()) {
    RunRecord out;
    out.run = run;
    out.command = "migrate";
    out.source = "sqlite:a.db";
    out.target = "duckdb:b.duckdb";
    out.source_ref = "sqlite:a.db";
    out.target_ref = "warehouse";
    out.plan_json = R"({"tables":[]})";
    out.options_json = "{}";
    return out;
  }
  // A run with one table of `chunks` chunks, begun and started.
  static std::string start(Journal& journal, int chunks) {
    const RunRecord run = record();
    EXPECT_TRUE(journal.begin(run));
    EXPECT_TRUE(journal.append(run.run, Started{{{"main.t", "main.t", chunks, {}}}, {}}));
    return run.run;
  }
  static Event chunk(int number) { return ChunkLanded{0, number, 10, kDigest, 100, 0.5}; }

  // Runs SQL on the file behind the journal's back.
  void tamper(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "journal.db").c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  fs::path folder_;
};

TEST_F(JournalDatabase, ReadingWithoutAJournalIsAnEmptyList) {
  Journal journal = open(false);
  EXPECT_EQ(journal.runs()->size(), 0u);
  EXPECT_EQ(journal.find("last").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(journal.append("X", Note{"n"}).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ / "journal.db"));
}

TEST_F(JournalDatabase, RecordComesBackWhole) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.begin(record("01JA0000000000000000000000")));
  }
  Journal journal = open(false);
  const auto found = journal.find("01ja");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->run, "01JA0000000000000000000000");
  EXPECT_EQ(found->state, RunState::kPlanned);
  EXPECT_EQ(found->command, "migrate");
  EXPECT_EQ(found->target_ref, "warehouse");
  EXPECT_EQ(found->plan_json, R"({"tables":[]})");
  EXPECT_EQ(found->pid, ::getpid());
  EXPECT_TRUE(found->live);
  EXPECT_FALSE(found->error);
}

TEST_F(JournalDatabase, SameRunTwiceExists) {
  Journal journal = open();
  const RunRecord run = record();
  ASSERT_TRUE(journal.begin(run));
  EXPECT_EQ(journal.begin(run).error().kind, ErrorKind::kExists);
}

TEST_F(JournalDatabase, RunsAreFoundByPrefixAndLast) {
  Journal journal = open();
  RunRecord first = record("01JA0000000000000000000000");
  RunRecord second = record("01JB0000000000000000000000");
  first.started_ms = 1000;
  second.started_ms = 2000;
  ASSERT_TRUE(journal.begin(first));
  ASSERT_TRUE(journal.begin(second));
  EXPECT_EQ(journal.find("last")->run, second.run);
  EXPECT_EQ(journal.find("01JA")->run, first.run);
  const auto ambiguous = journal.find("01J");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(journal.find("01JC").error().kind, ErrorKind::kNotFound);
  const auto runs = journal.runs();
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].run, second.run);
}

TEST_F(JournalDatabase, AppendKeepsStateProgressAndError) {
  std::string run;
  {
    Journal journal = open();
    run = start(journal, 2);
    ASSERT_TRUE(journal.append(run, chunk(0)));
    ASSERT_TRUE(journal.append(run, Failed{Error(ErrorKind::kLimit, "disk is full")}));
  }
  Journal journal = open(false);
  EXPECT_EQ(journal.find(run)->state, RunState::kFailed);
  EXPECT_EQ(journal.find(run)->error->message, "disk is full");
  EXPECT_EQ(journal.find(run)->error->kind, ErrorKind::kLimit);
  EXPECT_EQ(journal.progress(run)->tables[0].chunks.at(0).rows, 10u);
  EXPECT_EQ(journal.find(run)->rows, 10u);
  EXPECT_EQ(journal.events(run)->size(), 3u);
  ASSERT_TRUE(journal.append(run, Resumed{""}));
  EXPECT_FALSE(journal.find(run)->error);
  EXPECT_EQ(journal.find(run)->state, RunState::kCopying);
  EXPECT_TRUE(journal.check_chain(run));
}

TEST_F(JournalDatabase, IllegalEventLeavesNothing) {
  Journal journal = open();
  const std::string run = start(journal, 2);
  const Status refused = journal.append(run, Published{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(refused.error().object, run);
  EXPECT_EQ(journal.events(run)->size(), 1u);
  EXPECT_TRUE(journal.check_chain(run));
}

TEST_F(JournalDatabase, HashIsOverPreviousSeqTimeKindAndPayload) {
  StoredEvent event{1,  1700000000000, "note", R"({"text":"x"})", std::string(64, '0'),
                    "", Note{"x"}};
  EXPECT_EQ(event_hash(event), "f665574efabefa592b149474ed4e8f0493a3f284923c6d8e3d104131b9a88dec");
}

TEST_F(JournalDatabase, AnyChangeIsFound) {
  const char* kChanges[] = {
      "UPDATE event SET payload = replace(payload, '\"rows\":10', '\"rows\":11') WHERE seq = 2",
      "UPDATE event SET at_ms = at_ms + 1 WHERE seq = 2",
      "UPDATE event SET kind = 'note' WHERE seq = 2",
      "UPDATE event SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 3",
      "DELETE FROM event WHERE seq = 2",
      "DELETE FROM event WHERE seq = 3",
      "UPDATE run SET last_seq = 2",
      "UPDATE run SET target = 'duckdb:other'",
      "UPDATE run_document SET plan_json = '{}'",
  };
  for (const char* change : kChanges) {
    fs::remove_all(folder_);
    std::string run;
    {
      Journal journal = open();
      run = start(journal, 2);
      ASSERT_TRUE(journal.append(run, chunk(0)));
      ASSERT_TRUE(journal.append(run, chunk(1)));
      ASSERT_TRUE(journal.check_chain(run));
    }
    tamper(change);
    Journal journal = open(false);
    const Status checked = journal.check_chain(run);
    ASSERT_FALSE(checked) << change;
    EXPECT_EQ(checked.error().kind, ErrorKind::kCorrupt) << change;
    EXPECT_EQ(journal.events(run).error().kind, ErrorKind::kCorrupt) << change;
    EXPECT_EQ(journal.append(run, Note{"n"}).error().kind, ErrorKind::kCorrupt) << change;
  }
}

TEST_F(JournalDatabase, ChangedStateIsFound) {
  Journal journal = open();
  const std::string run = start(journal, 1);
  tamper("UPDATE run SET state = 'done'");
  EXPECT_EQ(journal.check_chain(run).error().message,
            "journal of run " + run + ": its record says done, its events copying");
}

TEST_F(JournalDatabase, ForeignAndDamagedFilesAreCorrupt) {
  ASSERT_TRUE(write_file_atomically(folder_ / "journal.db", std::string(8192, 'x')));
  EXPECT_EQ(Journal::open(folder_, false).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(Journal::open(folder_, true).error().vendor_code, "SQLITE_NOTADB");
  fs::remove(folder_ / "journal.db");
  tamper("CREATE TABLE theirs (x)");
  EXPECT_EQ(Journal::open(folder_, true).error().kind, ErrorKind::kCorrupt);
}

TEST_F(JournalDatabase, NewerVersionIsRefusedByName) {
  { Journal journal = open(); }
  tamper("PRAGMA user_version = 2");
  const auto opened = Journal::open(folder_, false);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(opened.error().message.find("has version 2, this sluice reads 1"), std::string::npos);
}

// Runs `body` in a child. Returns: the child's pid.
template <typename Body>
pid_t in_child(const Body& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body() ? 0 : 1);
  return pid;
}
int exit_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(JournalDatabase, TwoProcessesAppendToOneChain) {
  constexpr int kEach = 40;
  std::string run;
  {
    Journal journal = open();
    run = start(journal, 2 * kEach);
  }
  const auto append_from = [&](int first) {
    return in_child([&] {
      auto journal = Journal::open(folder_, false);
      for (int i = first; journal && i < first + kEach; ++i) {
        if (!journal->append(run, chunk(i))) return false;
      }
      return journal.has_value();
    });
  };
  const pid_t one = append_from(0);
  const pid_t two = append_from(kEach);
  EXPECT_EQ(exit_of(one), 0);
  EXPECT_EQ(exit_of(two), 0);
  Journal journal = open(false);
  EXPECT_TRUE(journal.check_chain(run));
  EXPECT_EQ(journal.events(run)->size(), 81u);
  EXPECT_EQ(journal.progress(run)->tables[0].chunks.size(), 80u);
}

TEST_F(JournalDatabase, ProcessesCreateOneJournalAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(in_child([&] {
      auto journal = Journal::open(folder_, true);
      return journal && journal->begin(record());
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(exit_of(child), 0);
  EXPECT_EQ(open(false).runs()->size(), 6u);
}

TEST_F(JournalDatabase, LockOfALiveProcessIsAConflictNamingIt) {
  Journal journal = open();
  const std::string run = start(journal, 1);  // begin() locks
  Journal second = open();
  const Status refused = second.lock(run);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(refused.error().message,
            "run " + run + " is being worked on by process " + std::to_string(::getpid()));
  { const RunLock lock = RunLock::adopt(journal, run); }
  EXPECT_TRUE(RunLock::take(second, run));
  EXPECT_TRUE(second.lock(run));
}

TEST_F(JournalDatabase, LockOfADeadProcessIsTakenOver) {
  std::string run;
  {
    Journal journal = open();
    run = start(journal, 1);
    ASSERT_TRUE(journal.unlock(run));
  }
  const pid_t child = in_child([&] {
    auto journal = Journal::open(folder_, false);
    return journal && journal->lock(run);
  });
  EXPECT_EQ(exit_of(child), 0);
  Journal journal = open(false);
  EXPECT_FALSE(journal.find(run)->live);
  EXPECT_EQ(journal.find(run)->pid, child);
  EXPECT_EQ(journal.find(run)->state, RunState::kCopying);
  EXPECT_EQ(journal.find(run)->shown_state(), RunState::kInterrupted);
  EXPECT_TRUE(journal.lock(run));
  EXPECT_TRUE(journal.find(run)->live);
  EXPECT_EQ(journal.find(run)->shown_state(), RunState::kCopying);
}

TEST_F(JournalDatabase, LockWithAnotherStartTimeIsStale) {
  Journal journal = open();
  const std::string run = start(journal, 1);
  tamper("UPDATE run_lock SET start_ticks = start_ticks + 1");
  EXPECT_FALSE(journal.find(run)->live);
  EXPECT_TRUE(journal.lock(run));
}

TEST_F(JournalDatabase, ListingManyRunsReadsNoPlans) {
  Journal journal = open();
  for (int i = 0; i < 50; ++i) {
    RunRecord run = record();
    run.plan_json = std::string(100'000, 'x');
    ASSERT_TRUE(journal.begin(run));
  }
  const std::vector<RunRecord> runs = journal.runs().value();
  EXPECT_EQ(runs.size(), 50u);
  for (const RunRecord& run : runs) {
    EXPECT_EQ(run.plan_json, "");
    EXPECT_EQ(journal.find(run.run)->plan_json.size(), 100'000u);
  }
}

}  // namespace
}  // namespace sluice
