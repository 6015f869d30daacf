#include "engine/digest_tap.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"

namespace sluice {
namespace {

std::mutex taps_mutex;
std::map<std::int64_t, DigestTap*>& taps() {
  static std::map<std::int64_t, DigestTap*> all;
  return all;
}
std::atomic<std::int64_t> next_id{1};

}  // namespace

DigestTap::DigestTap(std::atomic<std::uint64_t>* rows_done)
    : id_(next_id++), rows_done_(rows_done) {
  const std::lock_guard lock(taps_mutex);
  taps()[id_] = this;
}

DigestTap::~DigestTap() {
  const std::lock_guard lock(taps_mutex);
  taps().erase(id_);
}

std::string DigestTap::predicate(const std::vector<std::string>& columns) const {
  std::string sql = fmt::format("sluice_tap({}", id_);
  for (const std::string& column : columns) sql += ", " + quote_identifier(column);
  return sql + ")";
}

std::string DigestTap::wrap(const std::string& select_sql,
                            const std::vector<std::string>& columns) const {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(quote_identifier(column));
  const std::string list = join(quoted, ", ");
  return fmt::format(
      "SELECT {0} FROM (SELECT {0}, {1} AS sluice_passed FROM ({2}) AS q({0})) WHERE sluice_passed",
      list, predicate(columns), select_sql);
}

Digest DigestTap::digest() const {
  const std::lock_guard lock(mutex_);
  return digest_;
}

bool DigestTap::saw_both_zeros() const {
  const std::lock_guard lock(mutex_);
  return zeros_.has_both();
}

void DigestTap::restart() {
  const std::lock_guard lock(mutex_);
  if (rows_done_ != nullptr) rows_done_->fetch_sub(digest_.rows, std::memory_order_relaxed);
  digest_ = {};
  zeros_ = {};
  rows_ = 0;
  bytes_ = 0;
}

void DigestTap::add(const Digest& digest, std::uint64_t bytes, const ZeroSigns& zeros) {
  const std::lock_guard lock(mutex_);
  digest_ += digest;
  zeros_.add(zeros);
  rows_.fetch_add(digest.rows, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (rows_done_ != nullptr) rows_done_->fetch_add(digest.rows, std::memory_order_relaxed);
}

DigestTap* DigestTap::find(std::int64_t id) {
  const std::lock_guard lock(taps_mutex);
  const auto at = taps().find(id);
  return at == taps().end() ? nullptr : at->second;
}

}  // namespace sluice
