#include "format/ducklake/describe_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/text.h"
#include "format/ducklake/changes.h"

namespace sluice::ducklake {
namespace {

const ColumnRow* find_column(const std::vector<ColumnRow>& columns, Id id) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const ColumnRow& column) { return column.id == id; });
  return at == columns.end() ? nullptr : &*at;
}

// "s.x"; a column whose parent is missing stands alone.
std::string whole_name(const std::vector<ColumnRow>& columns, const ColumnRow& column) {
  std::string name = column.name;
  const ColumnRow* at = &column;
  for (std::size_t depth = 0; at->parent && depth < columns.size(); ++depth) {
    const ColumnRow* const parent = find_column(columns, *at->parent);
    if (parent == nullptr) break;
    name = parent->name + "." + name;
    at = parent;
  }
  return name;
}

// A part that came or went with its column says nothing of its own.
bool goes_with_parent(const std::vector<ColumnRow>& others, const ColumnRow& column) {
  return column.parent && find_column(others, *column.parent) == nullptr;
}

std::string altered_words(const LakeRecords& records, Id table, Id snapshot) {
  const std::string name = table_name(records, table, snapshot);
  const std::vector<std::string> columns = column_changes(columns_at(records, table, snapshot - 1),
                                                          columns_at(records, table, snapshot));
  if (!columns.empty()) return fmt::format("altered {}: {}", name, join(columns, ", "));
  for (const NumberedRow& row : records.others) {
    if (row.kind != "partitioning" || row.lifetime.begin != snapshot) continue;
    std::vector<std::string> parts;
    for (const PartitionColumn& part : records.partition_columns) {
      if (part.partition_id != row.id || part.table_id != table) continue;
      const auto now = columns_at(records, table, snapshot);
      const ColumnRow* const column = find_column(now, part.column_id);
      const std::string by = column == nullptr ? std::to_string(part.column_id) : column->name;
      parts.push_back(partition_words(part.transform, by));
    }
    if (!parts.empty()) return fmt::format("partitioned {} by {}", name, join(parts, ", "));
  }
  return "altered " + name;
}

// Making a table under a name is also how the catalog says that it was renamed.
std::string created_words(const LakeRecords& records, const Change& change, Id snapshot) {
  const TableName name{change.schema, change.name};
  for (const TableRow& row : records.tables) {
    if (row.lifetime.begin != snapshot || row.name != change.name) continue;
    const auto before = std::find_if(
        records.tables.begin(), records.tables.end(),
        [&](const TableRow& old) { return old.id == row.id && old.lifetime.end == snapshot; });
    if (before == records.tables.end()) continue;
    return fmt::format("renamed {} to {}", table_name(records, row.id, snapshot - 1),
                       name.display());
  }
  return "created table " + name.display();
}

std::string schema_name(const LakeRecords& records, Id id) {
  for (const SchemaRow& schema : records.schemas) {
    if (schema.id == id) return schema.name;
  }
  return std::to_string(id);
}

std::string view_name(const LakeRecords& records, Id id) {
  for (const ViewRow& view : records.views) {
    if (view.id == id) return schema_name(records, view.schema_id) + "." + view.name;
  }
  return std::to_string(id);
}

std::string words_of(const LakeRecords& records, const Change& change, Id snapshot) {
  // Of a table that is dropped here the name stands at the snapshot before.
  const auto table = [&](std::string_view before, std::string_view after = "") {
    const Id when = change.kind == ChangeKind::kDroppedTable ? snapshot - 1 : snapshot;
    return fmt::format("{}{}{}", before, table_name(records, change.id, when), after);
  };
  const std::string made = TableName{change.schema, change.name}.display();
  switch (change.kind) {
    case ChangeKind::kCreatedSchema:
      return "created schema " + change.name;
    case ChangeKind::kDroppedSchema:
      return "dropped schema " + schema_name(records, change.id);
    case ChangeKind::kCreatedTable:
      return created_words(records, change, snapshot);
    case ChangeKind::kDroppedTable:
      return table("dropped table ");
    case ChangeKind::kAlteredTable:
      return altered_words(records, change.id, snapshot);
    case ChangeKind::kCreatedView:
      return "created view " + made;
    case ChangeKind::kDroppedView:
      return "dropped view " + view_name(records, change.id);
    case ChangeKind::kAlteredView:
      return "altered view " + view_name(records, change.id);
    case ChangeKind::kInserted:
      return table("inserted into ");
    case ChangeKind::kDeleted:
      return table("deleted from ");
    case ChangeKind::kInlinedInsert:
      return table("inserted into ", " (rows in the catalog)");
    case ChangeKind::kInlinedDelete:
      return table("deleted from ", " (in the catalog)");
    case ChangeKind::kFlushedInlined:
      return table("moved rows of ", " from the catalog to files");
    case ChangeKind::kCompacted:
      return table("compacted ");
    case ChangeKind::kMergedAdjacent:
      return table("merged files of ");
    case ChangeKind::kRewroteDeletes:
      return table("rewrote files of ", " without their deleted rows");
    case ChangeKind::kCreatedScalarMacro:
    case ChangeKind::kCreatedTableMacro:
      return "created macro " + made;
    case ChangeKind::kDroppedScalarMacro:
    case ChangeKind::kDroppedTableMacro:
      return fmt::format("dropped macro {}", change.id);
  }
  return "";
}

}  // namespace

std::vector<std::string> column_changes(const std::vector<ColumnRow>& before,
                                        const std::vector<ColumnRow>& after) {
  std::vector<std::string> out;
  for (const ColumnRow& column : before) {
    if (find_column(after, column.id) != nullptr || goes_with_parent(after, column)) continue;
    out.push_back(fmt::format("dropped column \"{}\"", whole_name(before, column)));
  }
  for (const ColumnRow& column : after) {
    const std::string name = whole_name(after, column);
    const ColumnRow* const old = find_column(before, column.id);
    if (old == nullptr) {
      if (!goes_with_parent(before, column)) {
        out.push_back(fmt::format("added column \"{}\" {}", name, column.type));
      }
      continue;
    }
    if (old->name != column.name) {
      out.push_back(
          fmt::format("renamed column \"{}\" to \"{}\"", whole_name(before, *old), column.name));
    }
    if (old->type != column.type) {
      out.push_back(
          fmt::format("changed column \"{}\" from {} to {}", name, old->type, column.type));
    }
    if (old->nullable != column.nullable) {
      out.push_back(fmt::format("column \"{}\" {} NULL", name,
                                column.nullable ? "may be" : "may no longer be"));
    }
    if (old->default_value != column.default_value) {
      out.push_back(fmt::format("column \"{}\" has the default {}", name,
                                column.default_value.value_or("NULL")));
    }
  }
  return out;
}

std::vector<std::string> describe_changes(const LakeRecords& records, const SnapshotRow& snapshot) {
  const auto changes = parse_changes(snapshot.changes);
  if (!changes) return {snapshot.changes};
  std::vector<std::string> out;
  for (const Change& change : *changes) out.push_back(words_of(records, change, snapshot.id));
  return out;
}

std::string run_of(const SnapshotRow& snapshot) {
  const bool is_ours = to_lower(snapshot.extra_info).contains("sluice") ||
                       to_lower(snapshot.author).contains("sluice");
  if (!is_ours) return "";
  std::string word;
  for (const char c : snapshot.extra_info + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      continue;
    }
    if (is_ulid(word)) return word;
    word.clear();
  }
  return "";
}

}  // namespace sluice::ducklake
