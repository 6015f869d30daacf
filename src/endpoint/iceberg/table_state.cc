#include "endpoint/iceberg/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "model/temporal_text.h"

namespace sluice::iceberg {
namespace {

constexpr const char* kLists = "`sluice lake snapshots` lists the snapshots and their times";

std::optional<std::int64_t> snapshot_id(const std::string& text) {
  std::int64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, id);
  if (read.ec != std::errc() || read.ptr != end || id < 0) return std::nullopt;
  return id;
}

// Milliseconds; the last one of a time that says more.
std::optional<std::int64_t> parse_time_ms(const std::string& text) {
  const std::string_view trimmed = trim(text);
  const auto floor = [](std::int64_t micros) {
    return micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  };
  if (const auto zoned = parse_timestamptz_micros(trimmed)) return floor(*zoned);
  if (const auto plain = parse_timestamp_micros(trimmed)) return floor(*plain);
  if (const auto days = parse_date(trimmed)) return *days * (kMicrosPerDay / 1000);
  return std::nullopt;
}

std::string refs_of(const TableMetadata& metadata) {
  std::vector<std::string> names;
  for (const auto& [name, ref] : metadata.refs) names.push_back(name);
  return names.empty() ? "no branch and no tag" : join(names, ", ");
}

// What a moment means in one table.
struct Chosen {
  const Snapshot* snapshot = nullptr;
  bool is_branch = false;  // its columns are the table's own
};

Result<Chosen> choose(const IcebergTable& table, const TableName& name, const Moment& moment) {
  const TableMetadata& metadata = table.metadata;
  const auto missing = [&](const std::string& what, const std::string& hint) {
    return fail(table_error(ErrorKind::kNotFound, name, what).advise(hint));
  };
  if (moment.is_newest()) return Chosen{metadata.current_snapshot(), true};
  if (moment.snapshot) {
    const Snapshot* const found = metadata.find_snapshot(*moment.snapshot);
    if (found != nullptr) return Chosen{found, false};
    return missing(fmt::format("it has no snapshot {}", *moment.snapshot), kLists);
  }
  if (const auto ref = metadata.refs.find(moment.time_or_ref); ref != metadata.refs.end()) {
    const Snapshot* const found = metadata.find_snapshot(ref->second.snapshot_id);
    if (found != nullptr) return Chosen{found, !ref->second.is_tag};
    return fail(table_error(ErrorKind::kCorrupt, name,
                            fmt::format("\"{}\" is snapshot {}, which it does not have", ref->first,
                                        ref->second.snapshot_id)));
  }
  const auto time = parse_time_ms(moment.time_or_ref);
  if (!time) {
    return missing(fmt::format("\"{}\" is no time, and none of its branches and tags ({})",
                               moment.time_or_ref, refs_of(metadata)),
                   "a time is typed as 2026-01-31T12:00:00Z");
  }
  const Snapshot* const found = snapshot_at(metadata, *time);
  if (found != nullptr) return Chosen{found, false};
  return missing(fmt::format("no snapshot is from {} or before", moment.time_or_ref), kLists);
}

}  // namespace

std::string Moment::text() const { return snapshot ? std::to_string(*snapshot) : time_or_ref; }

Moment moment_of(const std::string& text) {
  Moment moment;
  moment.snapshot = snapshot_id(text);
  if (!moment.snapshot) moment.time_or_ref = text;
  return moment;
}

Result<Moment> moment_of(const Location& location) {
  Moment moment;
  const std::string snapshot = location.parameter("snapshot", "");
  moment.time_or_ref = location.parameter("at", "");
  if (snapshot.empty()) return moment;
  moment.snapshot = snapshot_id(snapshot);
  if (moment.snapshot) return moment;
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("snapshot \"{}\" is not the id of a snapshot", snapshot))
                  .about(location.display())
                  .advise(fmt::format("{}; ?at= takes a time, a branch or a tag", kLists)));
}

const Snapshot* snapshot_at(const TableMetadata& metadata, std::int64_t time_ms) {
  const Snapshot* found = nullptr;
  for (const SnapshotLogEntry& entry : metadata.snapshot_log) {
    if (entry.timestamp_ms > time_ms) continue;
    found = metadata.find_snapshot(entry.snapshot_id);
  }
  if (found != nullptr || !metadata.snapshot_log.empty()) return found;
  for (const Snapshot& snapshot : metadata.snapshots) {
    const bool is_later = found == nullptr || snapshot.timestamp_ms >= found->timestamp_ms;
    if (snapshot.timestamp_ms <= time_ms && is_later) found = &snapshot;
  }
  return found;
}

std::string moment_text(std::int64_t ms) { return format_rfc3339(ms); }

Error table_error(ErrorKind kind, const TableName& name, const std::string& what) {
  return Error(kind, fmt::format("table \"{}\": {}", name.display(), what)).about(name.display());
}

Error in_table(Error error, const TableState& table) {
  error.message = fmt::format("table \"{}\": {}", table.name.display(), error.message);
  error.object = table.name.display();
  return error;
}

Result<TableState> state_at(std::shared_ptr<const IcebergTable> table, const Moment& moment,
                            const CancelToken* cancel) {
  TableState out;
  out.name = {table->name.space, table->name.table};
  TRY_ASSIGN(const Chosen chosen, choose(*table, out.name, moment));
  out.snapshot = chosen.snapshot;
  const TableMetadata& metadata = table->metadata;
  out.schema = metadata.schema();
  if (!chosen.is_branch && chosen.snapshot->schema_id) {
    const Schema* const own = metadata.find_schema(*chosen.snapshot->schema_id);
    if (own == nullptr) {
      return fail(table_error(ErrorKind::kCorrupt, out.name,
                              fmt::format("snapshot {} has schema {}, which is not there",
                                          chosen.snapshot->id, *chosen.snapshot->schema_id)));
    }
    out.schema = *own;
  }
  out.files = std::make_shared<LakeFiles>(table->s3, metadata.location, cancel);
  out.table = std::move(table);
  return out;
}

}  // namespace sluice::iceberg
