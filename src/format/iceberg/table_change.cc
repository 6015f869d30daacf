#include "format/iceberg/table_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace sluice::iceberg {
namespace {

constexpr std::int64_t kClockSlackMs = 60'000;
constexpr std::size_t kPreviousFiles = 100;
constexpr const char* kPreviousFilesProperty = "write.metadata.previous-versions-max";

std::unexpected<Error> invalid(const std::string& what) {
  return fail(ErrorKind::kInvalid, "a change of an Iceberg table: " + what);
}

template <typename T>
Status expect(const char* what, const T& found, const T& expected) {
  if (found == expected) return {};
  return fail(
      ErrorKind::kConflict,
      fmt::format("an Iceberg table was changed by somebody else: {} is {}, {} was expected", what,
                  found, expected));
}

struct Check {
  const TableMetadata& table;

  Status operator()(const AssertUuid& one) const {
    return expect("its UUID", table.table_uuid, one.uuid);
  }
  Status operator()(const AssertRefSnapshot& one) const {
    const auto found = table.refs.find(one.ref);
    const auto text = [](const std::optional<std::int64_t>& id) {
      return id ? fmt::format("snapshot {}", *id) : std::string("none");
    };
    const auto id =
        found == table.refs.end() ? std::nullopt : std::optional(found->second.snapshot_id);
    return expect(one.ref.c_str(), text(id), text(one.snapshot_id));
  }
  Status operator()(const AssertLastColumnId& one) const {
    return expect("its last column id", table.last_column_id, one.id);
  }
  Status operator()(const AssertCurrentSchema& one) const {
    return expect("its schema", table.current_schema_id, one.id);
  }
  Status operator()(const AssertLastPartitionId& one) const {
    return expect("its last partition field id", table.last_partition_id, one.id);
  }
  Status operator()(const AssertDefaultSpec& one) const {
    return expect("its partition spec", table.default_spec_id, one.id);
  }
  Status operator()(const AssertDefaultSortOrder& one) const {
    return expect("its sort order", table.default_sort_order_id, one.id);
  }
};

template <typename T>
std::int32_t next_id(const std::vector<T>& all, std::int32_t first) {
  for (const T& one : all) first = std::max(first, one.id + 1);
  return first;
}

bool is_same_field(const PartitionField& a, const PartitionField& b) {
  return a.source_ids == b.source_ids && a.transform == b.transform;
}

class Change {
 public:
  Change(TableMetadata table, std::int64_t now_ms) : table_(std::move(table)), now_ms_(now_ms) {}

  Status operator()(const UpgradeVersion& one) {
    if (one.version < table_.format_version || one.version > kFormatVersionMax) {
      return invalid(
          fmt::format("format version {} cannot become {}", table_.format_version, one.version));
    }
    if (one.version > 1 && table_.table_uuid.empty()) return invalid("the table has no UUID");
    table_.format_version = one.version;
    return {};
  }

  Status operator()(const AddSchema& one) {
    TRY(check_version(one.schema, table_.format_version));
    Schema schema = one.schema;
    for (const Schema& known : table_.schemas) {
      schema.id = known.id;
      if (schema == known) {
        last_schema_ = known.id;
        return {};
      }
    }
    schema.id = next_id(table_.schemas, 0);
    last_schema_ = schema.id;
    table_.last_column_id = std::max(table_.last_column_id, highest_id(schema.columns));
    table_.schemas.push_back(std::move(schema));
    return {};
  }

  Status operator()(const SetCurrentSchema& one) {
    const auto id = one.id == kLastAdded ? last_schema_ : one.id;
    if (!id || table_.find_schema(*id) == nullptr) return invalid("no such schema");
    table_.current_schema_id = *id;
    return {};
  }

  Status operator()(const AddSpec& one) {
    PartitionSpec spec = one.spec;
    std::set<std::string> names;
    for (PartitionField& field : spec.fields) {
      if (!names.insert(field.name).second) {
        return invalid(fmt::format("two partition fields are named \"{}\"", field.name));
      }
      TRY(check_field(field));
      TRY(give_id(field));
    }
    for (const PartitionSpec& known : table_.specs) {
      if (known.fields == spec.fields) {
        last_spec_ = known.id;
        return {};
      }
    }
    spec.id = next_id(table_.specs, 0);
    last_spec_ = spec.id;
    table_.specs.push_back(std::move(spec));
    return {};
  }

  Status operator()(const SetDefaultSpec& one) {
    const auto id = one.id == kLastAdded ? last_spec_ : one.id;
    if (!id || table_.find_spec(*id) == nullptr) return invalid("no such partition spec");
    table_.default_spec_id = *id;
    return {};
  }

  Status operator()(const AddSortOrder& one) {
    SortOrder order = one.order;
    for (const SortField& field : order.fields) {
      const Column* source = find_column(table_.schema().columns, field.source_ids.at(0));
      if (source == nullptr) {
        return invalid(fmt::format("a sort order names column {}", field.source_ids[0]));
      }
      TRY(result_type(field.transform, source->type));
    }
    for (const SortOrder& known : table_.sort_orders) {
      if (known.fields == order.fields) {
        last_order_ = known.id;
        return {};
      }
    }
    order.id = order.fields.empty() ? 0 : next_id(table_.sort_orders, 1);
    last_order_ = order.id;
    table_.sort_orders.push_back(std::move(order));
    return {};
  }

  Status operator()(const SetDefaultSortOrder& one) {
    const auto id = one.id == kLastAdded ? last_order_ : one.id;
    if (!id || table_.find_sort_order(*id) == nullptr) return invalid("no such sort order");
    table_.default_sort_order_id = *id;
    return {};
  }

  Status operator()(const AddSnapshot& one) {
    const Snapshot& snapshot = one.snapshot;
    TRY(check_snapshot(snapshot));
    if (table_.format_version > 1) table_.last_sequence_number = snapshot.sequence_number;
    if (table_.format_version > 2) table_.next_row_id += *snapshot.added_rows;
    table_.snapshots.push_back(snapshot);
    added_.insert(snapshot.id);
    return {};
  }

  Status operator()(const SetRef& one) {
    const Snapshot* snapshot = table_.find_snapshot(one.ref.snapshot_id);
    if (snapshot == nullptr) {
      return invalid(fmt::format("reference \"{}\" names snapshot {}, which the table has not",
                                 one.name, one.ref.snapshot_id));
    }
    if (one.name == kMainBranch) {
      if (one.ref.is_tag) return invalid("main is a branch, no tag");
      if (table_.current_snapshot_id != one.ref.snapshot_id) {
        const bool is_new = added_.contains(snapshot->id);
        table_.snapshot_log.push_back({is_new ? snapshot->timestamp_ms : now_ms_, snapshot->id});
      }
      table_.current_snapshot_id = one.ref.snapshot_id;
    }
    table_.refs[one.name] = one.ref;
    return {};
  }

  Status operator()(const RemoveRef& one) {
    table_.refs.erase(one.name);
    if (one.name == kMainBranch) table_.current_snapshot_id.reset();
    return {};
  }

  Status operator()(const RemoveSnapshots& one) {
    const std::set<std::int64_t> gone(one.ids.begin(), one.ids.end());
    for (const auto& [name, ref] : table_.refs) {
      if (gone.contains(ref.snapshot_id)) {
        return invalid(
            fmt::format("snapshot {} is what reference \"{}\" names", ref.snapshot_id, name));
      }
    }
    std::erase_if(table_.snapshots, [&](const Snapshot& s) { return gone.contains(s.id); });
    for (const std::int64_t id : gone) remove_statistics(id);
    // What was current before a snapshot that is gone cannot be told any more.
    auto& log = table_.snapshot_log;
    const auto last = std::find_if(log.rbegin(), log.rend(), [&](const SnapshotLogEntry& entry) {
      return gone.contains(entry.snapshot_id);
    });
    log.erase(log.begin(), last.base());
    return {};
  }

  Status operator()(const SetLocation& one) {
    table_.location = one.location;
    return {};
  }
  Status operator()(const SetProperties& one) {
    for (const auto& [name, value] : one.properties) table_.properties[name] = value;
    return {};
  }
  Status operator()(const RemoveProperties& one) {
    for (const std::string& name : one.names) table_.properties.erase(name);
    return {};
  }
  Status operator()(const SetStatistics& one) {
    const JsonFields fields(one.file, "a statistics file");
    TRY_ASSIGN(const std::int64_t id, fields.number("snapshot-id"));
    remove_statistics(id);
    table_.statistics.push_back(one.file);
    return {};
  }
  Status operator()(const RemoveStatistics& one) {
    remove_statistics(one.snapshot_id);
    return {};
  }

  TableMetadata take() { return std::move(table_); }

 private:
  Status check_field(const PartitionField& field) {
    const Column* source = field.source_ids.empty()
                               ? nullptr
                               : find_column(table_.schema().columns, field.source_ids[0]);
    if (source == nullptr) {
      return invalid(fmt::format("partition field \"{}\" is of no column", field.name));
    }
    TRY(result_type(field.transform, source->type));
    const Column* same_name = find_column(table_.schema().columns, field.name);
    const bool is_own = same_name == source && field.transform.kind == TransformKind::kIdentity;
    if (same_name != nullptr && !is_own && field.transform.kind != TransformKind::kVoid) {
      return invalid(fmt::format("partition field \"{}\" has the name of a column", field.name));
    }
    return {};
  }

  // Ids are of all specs: an equivalent field keeps its id.
  Status give_id(PartitionField& field) {
    for (const PartitionSpec& known : table_.specs) {
      for (const PartitionField& other : known.fields) {
        const bool is_same = is_same_field(field, other);
        if (field.field_id == 0 && is_same) field.field_id = other.field_id;
        if (field.field_id == other.field_id && !is_same && table_.format_version > 1) {
          return invalid(fmt::format("partition field id {} is of \"{}\" already", field.field_id,
                                     other.name));
        }
      }
    }
    if (field.field_id == 0) field.field_id = table_.last_partition_id + 1;
    table_.last_partition_id = std::max(table_.last_partition_id, field.field_id);
    return {};
  }

  Status check_snapshot(const Snapshot& snapshot) {
    if (table_.find_snapshot(snapshot.id) != nullptr) {
      return invalid(fmt::format("snapshot {} is in the table already", snapshot.id));
    }
    const auto conflict = [&](const std::string& what) {
      return fail(ErrorKind::kConflict, fmt::format("Iceberg snapshot {}: {}", snapshot.id, what));
    };
    if (table_.format_version > 1 && snapshot.sequence_number <= table_.last_sequence_number) {
      return conflict(fmt::format("its sequence number is {}, the table is at {}",
                                  snapshot.sequence_number, table_.last_sequence_number));
    }
    if (snapshot.timestamp_ms + kClockSlackMs < table_.last_updated_ms) {
      return invalid(fmt::format("snapshot {} was made at {} ms, the table was changed at {} ms",
                                 snapshot.id, snapshot.timestamp_ms, table_.last_updated_ms));
    }
    if (table_.format_version < 3) return {};
    if (!snapshot.first_row_id || !snapshot.added_rows || *snapshot.added_rows < 0) {
      return invalid(fmt::format("snapshot {} has no row ids, which version 3 needs", snapshot.id));
    }
    if (*snapshot.first_row_id < table_.next_row_id) {
      return conflict(fmt::format("its first row id is {}, the table's next one is {}",
                                  *snapshot.first_row_id, table_.next_row_id));
    }
    return {};
  }

  void remove_statistics(std::int64_t snapshot_id) {
    for (Json* all : {&table_.statistics, &table_.partition_statistics}) {
      Json kept = Json::array();
      for (const Json& one : *all) {
        const auto id = one.is_object() ? one.find("snapshot-id") : one.end();
        if (id == one.end() || *id != snapshot_id) kept.push_back(one);
      }
      *all = std::move(kept);
    }
  }

  TableMetadata table_;
  std::int64_t now_ms_;
  std::optional<std::int32_t> last_schema_;
  std::optional<std::int32_t> last_spec_;
  std::optional<std::int32_t> last_order_;
  std::set<std::int64_t> added_;
};

void log_previous(const TableMetadata& before, const std::string& file, TableMetadata& after) {
  if (file.empty()) return;
  after.metadata_log.push_back({before.last_updated_ms, file});
  std::size_t keep = kPreviousFiles;
  if (const auto found = after.properties.find(kPreviousFilesProperty);
      found != after.properties.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), keep);
  }
  keep = std::max<std::size_t>(keep, 1);
  auto& log = after.metadata_log;
  if (log.size() > keep) log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(keep));
}

}  // namespace

Status check_requirements(const TableMetadata& metadata,
                          const std::vector<Requirement>& requirements) {
  for (const Requirement& one : requirements) TRY(std::visit(Check{metadata}, one));
  return {};
}

Result<TableMetadata> change_table(const TableMetadata& metadata,
                                   const std::vector<Requirement>& requirements,
                                   const std::vector<Update>& updates,
                                   const ChangeContext& context) {
  TRY(check_requirements(metadata, requirements));
  Change change(metadata, context.now_ms);
  for (const Update& one : updates) TRY(std::visit(change, one));
  TableMetadata after = change.take();
  log_previous(metadata, context.previous_file, after);
  // Clocks differ; what was changed later is never older.
  after.last_updated_ms = std::max(context.now_ms, metadata.last_updated_ms);
  return after;
}

Result<TableMetadata> make_table(const NewTable& table, std::int64_t now_ms) {
  TableMetadata empty;
  empty.format_version = table.format_version;
  empty.table_uuid = table.uuid;
  empty.location = table.location;
  while (empty.location.size() > 1 && empty.location.ends_with('/')) empty.location.pop_back();
  empty.properties = table.properties;
  TRY(check_version(table.schema, table.format_version));
  empty.schemas = {table.schema};
  empty.schemas[0].id = 0;
  empty.last_column_id = highest_id(table.schema.columns);
  return change_table(
      empty, {},
      {AddSpec{table.spec}, SetDefaultSpec{}, AddSortOrder{table.order}, SetDefaultSortOrder{}},
      {now_ms, ""});
}

}  // namespace sluice::iceberg
