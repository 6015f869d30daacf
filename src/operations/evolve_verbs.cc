// evolve new, status, up, down, verify, baseline.

#include <fmt/format.h>

#include <filesystem>

#include "base/clock.h"
#include "evolve/compare_history.h"
#include "evolve/lint.h"
#include "evolve/run_script.h"
#include "migrate/ticker.h"
#include "operations/connect_settings.h"
#include "operations/password_in_environment.h"
#include "operations/session.h"
#include "operations/stored_data_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using evolve::History;
using evolve::SchemaVersion;
using evolve::Script;
using evolve::ScriptDatabase;
using evolve::Scripts;

bool is_file(const Location& location) {
  return location.kind == "duckdb" || location.kind == "sqlite" ||
         (location.kind == "ducklake" && !location.path.empty());
}

Status check_kind(const Location& location) {
  for (const char* const kind : {"duckdb", "ducklake", "sqlite", "postgres", "mysql"}) {
    if (location.kind == kind) return {};
  }
  return fail(
      Error(ErrorKind::kUnsupported, fmt::format("no scripts run in a location of kind {}: {}",
                                                 location.kind, location.display()))
          .about(location.display())
          .advise("they do in duckdb, ducklake, sqlite, postgres and mysql"));
}

Result<evolve::EngineAttachment> attachment_of(const Location& location, Engine& engine) {
  evolve::EngineAttachment out;
  std::string data_path;
  if (location.kind == "ducklake") {
    TRY_ASSIGN(data_path, stored_data_path(location, engine));
  }
  TRY_ASSIGN(const Attachable place, attachable_of(location, data_path));
  out.system = location.kind;
  out.path = place.path;
  out.options = place.options;
  out.display = location.display();
  for (const std::string& name : place.extensions) {
    out.extensions.push_back(name == "sqlite" || name == "postgres" ? name + "_scanner" : name);
  }
  if (location.kind != "ducklake") return out;
  if (location.catalog == "sqlite") out.catalog_file = fs::absolute(location.path).string();
  if (location.catalog == "postgres") {
    Location server = location;
    server.kind = "postgres";
    TRY_ASSIGN(out.catalog_lock, evolve::open_postgres_scripts(server));
  }
  return out;
}

Result<std::unique_ptr<ScriptDatabase>> open_database(Sluice::Impl& impl,
                                                      const Location& location) {
  if (location.kind == "sqlite") return evolve::open_sqlite_scripts(location);
  if (location.kind == "postgres") return evolve::open_postgres_scripts(location);
  if (location.kind == "mysql") return evolve::open_mysql_scripts(location);
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(evolve::EngineAttachment attachment, attachment_of(location, *engine));
  return evolve::open_engine_scripts(std::move(attachment), *engine);
}

// A command under way: the place, its scripts, and the database once it was opened.
class Evolution {
 public:
  Evolution(Sluice::Impl& impl, const EvolveOptions& options, std::string action)
      : impl_(impl), options_(options), ticker_(impl.settings.progress) {
    report_.action = std::move(action);
    report_.dry_run = options.dry_run;
  }

  // `may_make`: a database file that is not there is made.
  Status open(bool may_make) {
    TRY_ASSIGN(Place place, impl_.place(options_.location));
    location_ = std::move(place.location);
    TRY(check_kind(location_));
    report_.location = location_.display();
    report_.folder = options_.folder.string();
    TRY_ASSIGN(scripts_, evolve::read_scripts(options_.folder, evolve::words_of(location_.kind)));
    if (!scripts_.empty()) report_.newest_script = scripts_.rbegin()->first;
    std::error_code code;
    was_there_ = !is_file(location_) || fs::exists(location_.path, code);
    if (!was_there_ && (!may_make || location_.kind == "ducklake")) {
      return fail(Error(ErrorKind::kNotFound, fmt::format("there is no {}", report_.location))
                      .about(report_.location)
                      .advise("check the path; `sluice evolve up` makes a file of DuckDB or SQLite "
                              "that is not there"));
    }
    return {};
  }

  // A dry run makes no file: what is not there has no history.
  Status connect() {
    if (!was_there_ && options_.dry_run) return {};
    password_.emplace(location_);
    TRY_ASSIGN(database_, open_database(impl_, location_));
    TRY(database_->lock(options_.wait));
    TRY_ASSIGN(history_, evolve::read_history(*database_));
    report_.version_before = report_.version = evolve::version_of(history_);
    return {};
  }
  // So that others, a backup too, can have the file.
  void disconnect() { database_.reset(); }

  // What programs do now that the history's table is another program's.
  Status set_aside() {
    TRY_ASSIGN(report_.set_aside, evolve::set_aside_foreign_table(*database_));
    return {};
  }

  Status make_history() {
    return in_transaction([&] { return evolve::make_history_table(*database_); });
  }

  template <typename Work>
  Status in_transaction(Work work) {
    TRY(database_->begin());
    const Status done = work();
    if (done) return database_->commit();
    database_->roll_back();
    return done;
  }

  Status back_up() {
    if (!options_.backup || !was_there_) return {};
    disconnect();
    ticker_.phase("back up", 0);
    ArchiveOptions archive;
    archive.location = options_.location;
    archive.folder = options_.backup_folder;
    Sluice sluice(impl_.settings);
    TRY_ASSIGN(const ArchiveReport made, sluice.backup_create(archive));
    report_.backup = made.archive.id;
    return connect();
  }

  Status run(const Script& script, bool is_up) {
    const auto note = [&](const Script& one, int number, int count) -> Status {
      ticker_.phase(fmt::format("{} {}: statement {} of {}", one.version, one.name, number, count),
                    0);
      const CancelToken* const cancel = impl_.settings.cancel;
      if (cancel == nullptr || !cancel->requested()) return {};
      return fail(
          Error(ErrorKind::kCancelled,
                fmt::format("interrupted before statement {} of script {}", number, one.version))
              .advise("`sluice evolve` again goes on"));
    };
    TRY_ASSIGN(const evolve::ScriptRun ran, evolve::run_script(*database_, script, is_up, note));
    if (ran.was_done) return {};
    EvolveScript& line = report_.scripts.emplace_back();
    line.version = script.version;
    line.name = script.name;
    line.direction = is_up ? "up" : "down";
    line.state = is_up ? "applied" : "reverted";
    line.checksum = script.up.checksum;
    line.statements = ran.statements;
    line.resumed_at = ran.resumed_at;
    line.seconds = ran.seconds;
    return {};
  }

  void list_pending(const std::vector<const Script*>& pending) {
    for (const Script* const script : pending) {
      EvolveScript& line = report_.scripts.emplace_back();
      line.version = script->version;
      line.name = script->name;
      const auto entry = history_.find(script->version);
      line.state = entry == history_.end() ? "pending" : entry->second.state;
      line.checksum = script->up.checksum;
      line.statements = static_cast<int>(script->up.statements.size());
    }
  }

  void list_all() {
    for (const auto& [version, entry] : history_) {
      EvolveScript& line = report_.scripts.emplace_back();
      line.version = version;
      line.name = entry.name;
      line.state = entry.state;
      line.checksum = entry.checksum;
      line.applied_at = entry.finished_at;
      line.statements = entry.statements_done;
    }
    list_pending(fresh());
  }

  std::vector<const Script*> fresh() const {
    std::vector<const Script*> out = pending();
    std::erase_if(out, [&](const Script* one) { return history_.contains(one->version); });
    return out;
  }
  std::vector<const Script*> pending() const {
    return evolve::pending(scripts_, history_, options_.to);
  }

  void lint(const std::vector<const Script*>& scripts) {
    for (const Script* const script : scripts) {
      for (const evolve::LintFinding& one : evolve::lint(*script)) {
        report_.findings.push_back({one.kind, one.version, one.message});
      }
    }
  }

  void compare() {
    for (const auto& one : evolve::compare_history(scripts_, history_)) {
      report_.findings.push_back({one.kind, one.version, one.message});
    }
  }

  bool is_interrupted() const {
    return std::any_of(history_.begin(), history_.end(), [](const auto& one) {
      return one.second.state == evolve::kApplying || one.second.state == evolve::kReverting;
    });
  }

  std::string standing() const {
    if (!evolve::compare_history(scripts_, history_).empty()) return "mismatch";
    if (is_interrupted()) return "interrupted";
    return evolve::pending(scripts_, history_, std::nullopt).empty() ? "current" : "pending";
  }

  // Reads again what is applied now. Where that cannot be known, what was known stays.
  void look_again() {
    if (database_ == nullptr) {
      report_.state = standing();
      return;
    }
    auto history = evolve::read_history(*database_);
    if (!history) return;
    history_ = *std::move(history);
    report_.version = evolve::version_of(history_);
    report_.state = standing();
  }

  EvolveReport finish(Status done) {
    look_again();
    if (!done) report_.error = std::move(done.error());
    report_.seconds = watch_.seconds();
    return std::move(report_);
  }

  const EvolveOptions& options() const { return options_; }
  const Scripts& scripts() const { return scripts_; }
  const History& history() const { return history_; }
  ScriptDatabase& database() { return *database_; }
  EvolveReport& report() { return report_; }
  bool was_there() const { return was_there_; }

 private:
  Sluice::Impl& impl_;
  const EvolveOptions& options_;
  Ticker ticker_;
  Stopwatch watch_;
  Location location_;
  bool was_there_ = true;
  Scripts scripts_;
  History history_;
  std::optional<PasswordInEnvironment> password_;
  std::unique_ptr<ScriptDatabase> database_;
  EvolveReport report_;
};

Error no_version(SchemaVersion version, const std::string& why) {
  return Error(ErrorKind::kInvalid, fmt::format("--to {}: {}", version, why)).about("--to");
}

// A script whose down was begun has to be finished first, and the other way about.
Status check_direction(const History& history, bool is_up) {
  for (const auto& [version, entry] : history) {
    if (entry.state != (is_up ? evolve::kReverting : evolve::kApplying)) continue;
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("the {} of version {} (\"{}\") was interrupted behind {} "
                          "statements",
                          is_up ? "down" : "up", version, entry.name, entry.statements_done))
            .about(evolve::kHistoryTable)
            .advise(fmt::format("`sluice evolve {}` goes on with it", is_up ? "down" : "up")));
  }
  return {};
}

Status run_up(Evolution& evolution) {
  TRY(evolve::check_history(evolution.scripts(), evolution.history()));
  TRY(check_direction(evolution.history(), true));
  const auto to = evolution.options().to;
  if (to && !evolution.scripts().contains(*to)) {
    return fail(no_version(*to, "no script has this version"));
  }
  const auto pending = evolution.pending();
  evolution.lint(pending);
  if (evolution.options().dry_run) {
    evolution.list_pending(pending);
    return {};
  }
  if (pending.empty()) return {};
  TRY(evolution.back_up());
  TRY(evolution.make_history());
  for (const Script* const script : pending) TRY(evolution.run(*script, true));
  return {};
}

// The applied ones above `to`, the newest first.
Result<std::vector<const Script*>> to_revert(const Evolution& evolution) {
  std::vector<const Script*> out;
  SchemaVersion to = evolution.options().to.value_or(-1);
  std::vector<SchemaVersion> applied;
  for (const auto& [version, entry] : evolution.history()) applied.push_back(version);
  if (applied.empty()) return out;
  if (to < 0) to = applied.size() > 1 ? applied[applied.size() - 2] : 0;
  if (to != 0 && !evolution.history().contains(to)) {
    return fail(no_version(to, "this version is not applied"));
  }
  for (auto at = applied.rbegin(); at != applied.rend() && *at > to; ++at) {
    const auto script = evolution.scripts().find(*at);
    const bool is_known = script != evolution.scripts().end() && script->second.down;
    if (evolution.history().at(*at).state == evolve::kBaseline || !is_known) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("version {} (\"{}\") has no down script",
                                                         *at, evolution.history().at(*at).name))
                      .about(evolution.options().folder.string())
                      .advise("write one, or go back to a backup: sluice backup list"));
    }
    out.push_back(&script->second);
  }
  return out;
}

Status run_down(Evolution& evolution) {
  TRY(evolve::check_history(evolution.scripts(), evolution.history()));
  TRY(check_direction(evolution.history(), false));
  TRY_ASSIGN(const auto scripts, to_revert(evolution));
  if (evolution.options().dry_run) {
    evolution.list_pending(scripts);
    return {};
  }
  if (scripts.empty()) return {};
  TRY(evolution.back_up());
  for (const Script* const script : scripts) TRY(evolution.run(*script, false));
  return {};
}

// Notes `to` and every script before it as applied, without running any.
Status run_baseline(Evolution& evolution) {
  const auto to = evolution.options().to;
  if (!to || *to < 1) {
    return fail(Error(ErrorKind::kInvalid, "a baseline needs the version that the database has")
                    .about("--to")
                    .advise("sluice evolve baseline LOCATION --dir DIR --to VERSION"));
  }
  TRY(evolution.set_aside());
  TRY_ASSIGN(const History history, evolve::read_history(evolution.database()));
  if (!history.empty()) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("the database has a history already, up to version {}",
                                  evolve::version_of(history)))
                    .about(evolve::kHistoryTable)
                    .advise("`sluice evolve status` shows it"));
  }
  TRY(evolve::make_history_table(evolution.database()));
  evolve::Applied entry;
  entry.version = *to;
  const auto script = evolution.scripts().find(*to);
  entry.name = script == evolution.scripts().end() ? "baseline" : script->second.name;
  entry.state = evolve::kBaseline;
  entry.started_at = entry.finished_at = format_rfc3339(now_unix_ms());
  TRY_ASSIGN(entry.schema_after, evolution.database().fingerprint(evolve::kHistoryTable));
  return evolve::put_entry(evolution.database(), entry);
}

// Whether the schema is what the newest script left.
Status compare_schema(Evolution& evolution) {
  if (evolution.history().empty() || evolution.is_interrupted()) return {};
  const evolve::Applied& newest = evolution.history().rbegin()->second;
  TRY_ASSIGN(const std::string now, evolution.database().fingerprint(evolve::kHistoryTable));
  if (now == newest.schema_after) return {};
  evolution.report().findings.push_back(
      {"schema_changed", newest.version,
       fmt::format("the schema is not what version {} left at {}: somebody changed it without a "
                   "script",
                   newest.version, newest.finished_at)});
  return {};
}

}  // namespace

Result<EvolveNewReport> Sluice::evolve_new(const fs::path& folder, const std::string& name) {
  TRY_ASSIGN(const auto files, evolve::new_script(folder, name));
  EvolveNewReport report;
  for (const fs::path& file : files) report.files.push_back(file.string());
  return report;
}

Result<EvolveReport> Sluice::evolve_status(const EvolveOptions& options) {
  Evolution evolution(*impl_, options, "status");
  TRY(evolution.open(false));
  TRY(evolution.connect());
  evolution.list_all();
  evolution.compare();
  evolution.lint(evolution.fresh());
  return evolution.finish({});
}

Result<EvolveReport> Sluice::evolve_up(const EvolveOptions& options) {
  Evolution evolution(*impl_, options, "up");
  TRY(evolution.open(true));
  TRY(evolution.connect());
  return evolution.finish(run_up(evolution));
}

Result<EvolveReport> Sluice::evolve_down(const EvolveOptions& options) {
  Evolution evolution(*impl_, options, "down");
  TRY(evolution.open(false));
  TRY(evolution.connect());
  return evolution.finish(run_down(evolution));
}

Result<EvolveReport> Sluice::evolve_verify(const EvolveOptions& options) {
  Evolution evolution(*impl_, options, "verify");
  TRY(evolution.open(false));
  TRY(evolution.connect());
  evolution.list_all();
  evolution.compare();
  TRY(compare_schema(evolution));
  if (evolution.is_interrupted()) {
    evolution.report().findings.push_back(
        {"interrupted", 0, "a script was interrupted; `sluice evolve up` or `down` goes on"});
  }
  const bool is_same = evolution.report().findings.empty();
  EvolveReport report = evolution.finish({});
  report.state = is_same ? "same" : "differs";
  return report;
}

Result<EvolveReport> Sluice::evolve_baseline(const EvolveOptions& options) {
  Evolution evolution(*impl_, options, "baseline");
  TRY(evolution.open(false));
  const Status connected = evolution.connect();
  // Another program's history is what a baseline takes over.
  if (!connected && connected.error().object != evolve::kHistoryTable) {
    return fail(connected.error());
  }
  return evolution.finish(evolution.in_transaction([&] { return run_baseline(evolution); }));
}

}  // namespace sluice
