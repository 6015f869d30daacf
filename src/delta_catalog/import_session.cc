#include "delta_catalog/import_session.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::uint64_t kFilesOfStatistics = 10'000;  // from there on a server's plans need them

}  // namespace

Status ImportSession::look() {
  record_.table_id = wanted_.table_id;
  record_.location = wanted_.folder.string();
  if (catalog_ == nullptr) return {};
  TRY_ASSIGN(auto found, catalog_->table(wanted_.table_id, false));
  if (!found) return {};
  is_known_ = true;
  if (found->location != record_.location) {
    return fail(Error(ErrorKind::kExists,
                      fmt::format("table id \"{}\": the catalog has it for {}, not for {}",
                                  wanted_.table_id, found->location, record_.location))
                    .about(wanted_.table_id)
                    .advise("give this table another name by --table-id, or `sluice catalog drop` "
                            "the other one"));
  }
  record_ = std::move(*found);
  return {};
}

Status ImportSession::in_transaction(const std::function<Status()>& work) {
  TRY(catalog_->database().begin_write(DeltaCatalog::kWait));
  Status done = work();
  if (done) {
    crash_point();
    done = catalog_->database().commit();
    crash_point();
    return done;
  }
  catalog_->database().end();
  return done;
}

Status ImportSession::claim_in_transaction(bool resumes) {
  TRY_ASSIGN(auto found, catalog_->table(wanted_.table_id, true));
  if (!found) {
    record_.run = wanted_.run;
    TRY(catalog_->insert(record_));
  } else {
    const auto seen = record_.version;
    record_ = std::move(*found);
    if (record_.version != seen) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("table \"{}\": another import brought it to version {} "
                                    "meanwhile",
                                    wanted_.table_id, record_.version.value_or(-1)))
                      .about(wanted_.table_id)
                      .code("taken_over")
                      .advise("run the import again: it goes on from there"));
    }
    record_.run = wanted_.run;
  }
  if (record_.pending_version && !resumes) {
    TRY(catalog_->discard_pending(record_));
    record_.pending_version.reset();
    record_.pending_source.clear();
    record_.pending_files = 0;
  }
  TRY(catalog_->update(record_));
  TRY(catalog_->interrupt_others(wanted_.table_id, wanted_.run));
  return write_status("running", "");
}

Status ImportSession::claim(bool resumes) {
  started_at_ = format_rfc3339(now_unix_ms());
  if (!wanted_.dry_run) {
    const auto work = [&] { return claim_in_transaction(resumes); };
    Status done = in_transaction(work);
    // Of two that bring a new table the later finds its row only now.
    if (!done && done.error().kind == ErrorKind::kConflict && !is_known_) {
      done = in_transaction(work);
    }
    TRY(std::move(done));
  }
  has_claimed_ = true;
  if (!record_.version && !record_.pending_version) batch_.begin_with_nothing();
  return {};
}

void ImportSession::set_pending(delta::Version version, std::string source, std::uint64_t files) {
  record_.pending_version = version;
  record_.pending_source = std::move(source);
  record_.pending_files = files;
}

void ImportSession::set_complete(delta::Version version, const std::string& digest,
                                 const std::string& metadata_id) {
  if (!record_.first_version) record_.first_version = version;
  record_.version = version;
  record_.commit_digest = digest;
  record_.metadata_id = metadata_id;
  record_.pending_version.reset();
  record_.pending_source.clear();
  record_.pending_files = 0;
}

Status ImportSession::check_owner() {
  TRY_ASSIGN(const auto found, catalog_->table(wanted_.table_id, true));
  if (found && found->run == wanted_.run) return {};
  return fail(
      Error(ErrorKind::kConflict,
            fmt::format("table \"{}\": {} meanwhile", wanted_.table_id,
                        found ? "another import took it over" : "it was taken out of the catalog"))
          .about(wanted_.table_id)
          .code("taken_over")
          .advise("`sluice catalog status` shows the other one; what it brings is whole"));
}

Status ImportSession::write_status(const std::string& status, const std::string& error) {
  DeltaMigrationRecord migration;
  migration.table_id = wanted_.table_id;
  migration.run = wanted_.run;
  migration.status = status;
  migration.version = record_.version;
  migration.files = facts_.files;
  migration.commits = facts_.commits;
  migration.started_at = started_at_;
  migration.updated_at = format_rfc3339(now_unix_ms());
  if (status != "running") migration.completed_at = migration.updated_at;
  migration.error = error;
  return catalog_->record(migration);
}

Status ImportSession::flush(bool is_last) {
  facts_.version = record_.version;
  if (!wanted_.dry_run) {
    TRY(in_transaction([&]() -> Status {
      TRY(check_owner());
      TRY(batch_.write(catalog_->database()));
      TRY(catalog_->update(record_));
      return write_status(is_last ? "completed" : "running", "");
    }));
    if (is_last && facts_.files >= kFilesOfStatistics) {
      TRY(catalog_->refresh_statistics());
    }
    if (wanted_.note) {
      wanted_.note(fmt::format("{}: {} files, version {}", wanted_.table_id,
                               format_count(facts_.files), record_.version.value_or(-1)));
    }
  }
  batch_.clear();
  return {};
}

void ImportSession::fail_with(const Error& error) {
  if (!has_claimed_ || wanted_.dry_run || error.vendor_code == "taken_over") return;
  const std::string status = error.kind == ErrorKind::kCancelled ? "interrupted" : "failed";
  const auto tell = [&]() -> Status {
    TRY(check_owner());
    return write_status(status, error.message);
  };
  // Where this fails too, the catalog has the import as running, and the next one corrects that.
  (void)in_transaction(tell);
}

}  // namespace sluice
