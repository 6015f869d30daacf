#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "format/delta/check_files.h"
#include "format/delta/log_path.h"
#include "format/delta/partition_value.h"

namespace sluice::delta {
namespace {

constexpr std::string_view kHiveNull = "__HIVE_DEFAULT_PARTITION__";

using Value = std::optional<std::string>;

// Types with one spelling for a value. Of the others a folder's text may differ from the log's.
bool has_one_spelling(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kDate || is_integer(kind);
}

// What the folders of a path say of a column: "region=eu", escaped as Hive escapes it. The decoded
// path is asked too, since some writers escape nothing. Returns: nothing where they say nothing.
std::vector<Value> folder_values(const std::string& path, const Field& column) {
  std::vector<Value> out;
  for (const std::string& part : split(path, '/')) {
    const std::size_t at = part.find('=');
    if (at == std::string::npos) continue;
    const std::string name = decode_uri(part.substr(0, at)).value_or(part.substr(0, at));
    if (name != column.name && name != column.physical_name) continue;
    const std::string text = part.substr(at + 1);
    if (text == kHiveNull || text.empty()) {
      out.emplace_back(std::nullopt);
      continue;
    }
    out.emplace_back(text);
    if (auto decoded = decode_uri(text)) out.emplace_back(*std::move(decoded));
  }
  return out;
}

class PartitionCheck {
 public:
  PartitionCheck(const AddFile& file, const TableSchema& schema, const std::string& path,
                 const std::string& table)
      : file_(file), schema_(schema), path_(path), table_(table) {}

  std::vector<LakeFinding> run() {
    for (const std::size_t index : schema_.partition) column(schema_.columns[index]);
    for (const auto& [name, value] : file_.partition_values) {
      const bool is_known = std::any_of(
          schema_.partition.begin(), schema_.partition.end(),
          [&](std::size_t index) { return schema_.columns[index].physical_name == name; });
      if (!is_known) add(name, "a value", "no column of the partition");
    }
    return std::move(out_);
  }

 private:
  void add(const std::string& column, std::string expected, std::string found) {
    out_.push_back({"wrong_partition_value", table_, path_, column, std::move(expected),
                    std::move(found),
                    fmt::format("a file of {} has a partition value that cannot be right", table_),
                    "its rows are read with the value of the log: find out which of the two is "
                    "true, and write the file's rows anew"});
  }

  void column(const Field& column) {
    const auto at =
        std::find_if(file_.partition_values.begin(), file_.partition_values.end(),
                     [&](const auto& one) { return one.first == column.physical_name; });
    if (at == file_.partition_values.end()) {
      return add(column.name, "no value", "a column of the partition");
    }
    const Value said = at->second && at->second->empty() ? Value() : at->second;
    const std::string shown = said ? fmt::format("value \"{}\"", *said) : "value NULL";
    if (!partition_value(column.type, said, "+00")) {
      return add(column.name, shown, "type " + to_string(column.type));
    }
    if (!has_one_spelling(column.type.kind)) return;
    const std::vector<Value> folders = folder_values(file_.path, column);
    if (folders.empty() || std::find(folders.begin(), folders.end(), said) != folders.end()) return;
    // The path as it is on the disk, where the log's was decoded once.
    const auto decoded = decode_uri(file_.path);
    if (decoded) {
      const std::vector<Value> on_disk = folder_values(*decoded, column);
      if (std::find(on_disk.begin(), on_disk.end(), said) != on_disk.end()) return;
    }
    add(column.name, shown, "folder " + folders.front().value_or("NULL"));
  }

  const AddFile& file_;
  const TableSchema& schema_;
  const std::string& path_;
  const std::string& table_;
  std::vector<LakeFinding> out_;
};

}  // namespace

std::vector<LakeFinding> check_partition(const AddFile& file, const TableSchema& schema,
                                         const std::string& path, const std::string& table) {
  return PartitionCheck(file, schema, path, table).run();
}

}  // namespace sluice::delta
