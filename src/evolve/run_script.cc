#include "evolve/run_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/sha256.h"
#include "base/text.h"

namespace sluice::evolve {
namespace {

constexpr std::size_t kShownBytes = 120;

bool begins_with_word(const std::string& head, std::string_view word) {
  return head == word || head.starts_with(std::string(word) + " ");
}

// Would end or nest the transaction that sluice has begun.
bool is_transaction_control(const Statement& statement) {
  static constexpr std::array<std::string_view, 7> kWords = {
      "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "END", "ABORT", "SAVEPOINT"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return begins_with_word(statement.head, word); });
}

// What no system runs inside of a transaction. It changes no row, so that nothing is lost where it
// runs twice.
bool runs_alone(const Statement& statement) {
  static constexpr std::array<std::string_view, 12> kWords = {
      "VACUUM", "PRAGMA", "CHECKPOINT", "ALTER SYSTEM",      "CREATE DATABASE", "DROP DATABASE",
      "ATTACH", "DETACH", "REINDEX",    "CREATE TABLESPACE", "DROP TABLESPACE", "FORCE CHECKPOINT"};
  if (statement.head.find(" CONCURRENTLY") != std::string::npos) return true;
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return begins_with_word(statement.head, word); });
}

std::string shown(const Statement& statement) {
  std::string text = statement.text.substr(0, kShownBytes);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!is_valid_utf8(text)) text.pop_back();
  return text.size() < statement.text.size() ? text + "..." : text;
}

class ScriptRunner {
 public:
  ScriptRunner(ScriptDatabase& database, const Script& script, bool is_up,
               const StatementNote& note)
      : database_(database), script_(script), text_(is_up ? script.up : *script.down), note_(note) {
    out_.version = script.version;
    out_.name = script.name;
    out_.is_up = is_up;
    out_.statements = static_cast<int>(text_.statements.size());
  }

  Result<ScriptRun> run() {
    const Stopwatch watch;
    TRY(check());
    TRY(is_one_transaction() ? run_as_one() : run_one_by_one());
    out_.seconds = watch.seconds();
    return out_;
  }

 private:
  bool is_one_transaction() const {
    return database_.undoes_schema() && !text_.without_transaction;
  }

  Error script_error(ErrorKind kind, const std::string& what) const {
    return Error(kind, fmt::format("script {}: {}", text_.file.filename().string(), what))
        .about(text_.file.string());
  }

  Status check() const {
    if (text_.statements.empty()) {
      return fail(script_error(ErrorKind::kInvalid, "has no statement")
                      .advise("write what it changes, or SELECT 1 where it changes nothing"));
    }
    for (const Statement& statement : text_.statements) {
      if (!is_transaction_control(statement)) continue;
      return fail(script_error(ErrorKind::kInvalid,
                               fmt::format("line {}: {} ends what sluice keeps together",
                                           statement.line, shown(statement)))
                      .advise("take it out: a script is one transaction, or, with the first line "
                              "\"-- sluice: no transaction\", one for each statement"));
    }
    return {};
  }

  Error statement_error(std::size_t index, Error error) const {
    const Statement& statement = text_.statements[index];
    Error out = script_error(
        error.kind == ErrorKind::kInternal ? ErrorKind::kInvalid : error.kind,
        fmt::format("statement {} of {}, line {}: {}: {}", index + 1, text_.statements.size(),
                    statement.line, shown(statement), error.message));
    out.vendor_code = std::move(error.vendor_code);
    return out;
  }

  Status run_as_one() {
    TRY(database_.begin());
    const auto is_done = is_done_by_another();
    const Status done = !is_done ? fail(is_done.error()) : *is_done ? Status() : change_all();
    out_.was_done = done && *is_done;
    if (!done || out_.was_done) database_.roll_back();
    return done;
  }

  // Where only the transaction itself keeps others away.
  Result<bool> is_done_by_another() {
    TRY_ASSIGN(const History history, read_history(database_));
    return history.contains(script_.version) == out_.is_up;
  }

  Status change_all() {
    Applied entry = entry_now(out_.is_up ? kApplied : kReverting);
    for (std::size_t i = 0; i < text_.statements.size(); ++i) {
      TRY(tell(i));
      const Status done = database_.execute(text_.statements[i].text);
      if (!done) {
        return fail(statement_error(i, done.error())
                        .advise("nothing of this script was changed; mend it and run `sluice "
                                "evolve` again"));
      }
      crash_point();
    }
    TRY(note_end(std::move(entry)));
    crash_point();
    const Status committed = database_.commit();
    crash_point();
    return committed;
  }

  Applied entry_now(const char* state) const {
    Applied entry;
    entry.version = script_.version;
    entry.name = script_.name;
    entry.checksum = script_.up.checksum;
    entry.state = state;
    entry.started_at = format_rfc3339(now_unix_ms());
    return entry;
  }

  Status note_end(Applied entry) {
    if (!out_.is_up) return remove_entry(database_, script_.version);
    entry.state = kApplied;
    entry.finished_at = format_rfc3339(now_unix_ms());
    entry.statements_done = out_.statements;
    entry.done_checksum.clear();
    entry.schema_before.clear();
    TRY_ASSIGN(entry.schema_after, database_.fingerprint(kHistoryTable));
    return put_entry(database_, entry);
  }

  Status tell(std::size_t index) const {
    if (!note_) return {};
    return note_(script_, static_cast<int>(index) + 1, out_.statements);
  }

  // The statements' texts before `count`, as a hash.
  std::string checksum_of(int count) const {
    std::string texts;
    for (int i = 0; i < count; ++i) {
      texts += text_.statements[static_cast<std::size_t>(i)].text + ";\n";
    }
    return sha256_hex(texts);
  }

  Result<Applied> begin_or_resume() {
    const char* const state = out_.is_up ? kApplying : kReverting;
    TRY_ASSIGN(const History history, read_history(database_));
    const auto at = history.find(script_.version);
    if (at == history.end() || at->second.state != state) {
      Applied entry = entry_now(state);
      if (at != history.end()) entry.checksum = at->second.checksum;
      TRY(put(entry));
      return entry;
    }
    Applied entry = at->second;
    const bool is_same = entry.statements_done <= out_.statements &&
                         entry.done_checksum == checksum_of(entry.statements_done);
    if (entry.statements_done > 0 && !is_same) {
      return fail(script_error(ErrorKind::kConflict,
                               fmt::format("its first {} statements are done, and were changed "
                                           "since",
                                           entry.statements_done))
                      .advise("put these statements back as they were; those behind them may be "
                              "others"));
    }
    out_.resumed_at = entry.statements_done;
    // The one under way commits by itself: what it changes says whether it did.
    if (!entry.schema_before.empty()) {
      TRY_ASSIGN(const std::string now, database_.fingerprint(kHistoryTable));
      if (now != entry.schema_before) {
        ++out_.resumed_at;
        entry.statements_done = out_.resumed_at;
        entry.done_checksum = checksum_of(out_.resumed_at);
      }
      entry.schema_before.clear();
      TRY(put(entry));
    }
    return entry;
  }

  // In a transaction of its own.
  Status put(const Applied& entry) {
    TRY(database_.begin());
    const Status done = put_entry(database_, entry);
    if (!done) {
      database_.roll_back();
      return done;
    }
    return database_.commit();
  }

  Status run_one_by_one() {
    TRY_ASSIGN(Applied entry, begin_or_resume());
    crash_point();
    for (int i = out_.resumed_at; i < out_.statements; ++i) {
      const auto index = static_cast<std::size_t>(i);
      TRY(tell(index));
      TRY_ASSIGN(entry.schema_before, database_.fingerprint(kHistoryTable));
      TRY(put(entry));
      crash_point();
      TRY(change_one(index, entry));
      crash_point();
    }
    TRY(database_.begin());
    const Status noted = note_end(std::move(entry));
    if (!noted) {
      database_.roll_back();
      return noted;
    }
    return database_.commit();
  }

  // A statement and its place in one transaction; a change of the schema that commits by itself, or
  // that no transaction takes, is found again by `schema_before`.
  Status change_one(std::size_t index, Applied& entry) {
    const Statement& statement = text_.statements[index];
    const bool alone = runs_alone(statement);
    if (!alone) TRY(database_.begin());
    const Status done = database_.execute(statement.text);
    if (!done) {
      database_.roll_back();
      entry.schema_before.clear();
      static_cast<void>(put(entry));
      return fail(statement_error(index, done.error())
                      .advise(fmt::format("the {} statements before it are done; mend this one and "
                                          "run `sluice evolve` again, which goes on with it",
                                          index)));
    }
    crash_point();
    entry.statements_done = static_cast<int>(index) + 1;
    entry.done_checksum = checksum_of(entry.statements_done);
    entry.schema_before.clear();
    if (alone) return put(entry);
    TRY(put_entry(database_, entry));
    crash_point();
    return database_.commit();
  }

  ScriptDatabase& database_;
  const Script& script_;
  const ScriptText& text_;
  const StatementNote& note_;
  ScriptRun out_;
};

}  // namespace

Result<ScriptRun> run_script(ScriptDatabase& database, const Script& script, bool is_up,
                             const StatementNote& note) {
  return ScriptRunner(database, script, is_up, note).run();
}

}  // namespace sluice::evolve
