#include <fmt/format.h>

#include "journal/journal_impl.h"
#include "journal/process_identity.h"

namespace sluice {
namespace {

using journal::ProcessIdentity;
using journal::run_not_found;
using journal::Statement;
using journal::Transaction;

}  // namespace

Status Journal::Impl::take_lock(const std::string& run) {
  TRY_ASSIGN(Statement row,
             database->prepare("SELECT pid, start_ticks, boot FROM run_lock WHERE run = ?1"));
  TRY_ASSIGN(const bool locked, row.bind(run).step());
  if (locked) {
    const ProcessIdentity owner{static_cast<int>(row.integer(0)), row.integer(1), row.text(2)};
    if (journal::is_alive(owner)) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("run {} is being worked on by process {}", run, owner.pid))
                      .about(run)
                      .advise("wait for it, see `sluice status`"));
    }
  }
  const ProcessIdentity self = journal::this_process();
  TRY_ASSIGN(Statement insert,
             database->prepare("INSERT OR REPLACE INTO run_lock VALUES (?1, ?2, ?3, ?4)"));
  TRY(insert.bind(run, std::int64_t{self.pid}, self.start_ticks, self.boot).run());
  TRY_ASSIGN(Statement update, database->prepare("UPDATE run SET pid = ?2 WHERE run = ?1"));
  return update.bind(run, std::int64_t{self.pid}).run();
}

Status Journal::lock(const std::string& run) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database) return fail(run_not_found(run));
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->database));
  TRY(impl_->load(run));
  TRY(impl_->take_lock(run));
  return transaction.commit();
}

Status Journal::unlock(const std::string& run) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database) return {};
  const ProcessIdentity self = journal::this_process();
  TRY_ASSIGN(Statement drop,
             impl_->database->prepare("DELETE FROM run_lock WHERE run = ?1 AND pid = ?2 AND "
                                      "start_ticks = ?3 AND boot = ?4"));
  return drop.bind(run, std::int64_t{self.pid}, self.start_ticks, self.boot).run();
}

Result<RunLock> RunLock::take(Journal& journal, const std::string& run) {
  TRY(journal.lock(run));
  return RunLock(journal, run);
}

// A lock that could not be dropped here is dropped when the process ends.
RunLock::~RunLock() {
  if (journal_ != nullptr) (void)journal_->unlock(run_);
}

}  // namespace sluice
