#include "format/delta/check_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/delta/file_stats.h"

namespace sluice::delta {
namespace {

void find_leaves(const Field& field, LeafColumn at, std::vector<LeafColumn>& out) {
  at.path.push_back(field.physical_name);
  at.shown.push_back(field.name);
  if (field.type.kind == TypeKind::kStruct) {
    for (const Field& part : field.parts) find_leaves(part, at, out);
    return;
  }
  if (is_nested(field.type.kind)) return;
  at.type = field.type;
  out.push_back(std::move(at));
}

class FileCheck {
 public:
  FileCheck(const AddFile& file, const FileFacts& facts, const std::string& table)
      : file_(file), facts_(facts), table_(table) {}

  std::vector<LakeFinding> run() {
    if (!is_there()) return std::move(out_);
    const bool is_vector_sound = vector();
    const bool are_rows_right = rows();
    if (is_vector_sound && are_rows_right) scan();
    return std::move(out_);
  }

 private:
  LakeFinding& add(const std::string& kind, std::string expected, std::string found,
                   std::string message, std::string hint) {
    return out_.emplace_back(LakeFinding{kind, table_, facts_.path, "", std::move(expected),
                                         std::move(found), std::move(message), std::move(hint)});
  }

  bool is_there() {
    const std::string expected = fmt::format("{} bytes", file_.bytes);
    if (!facts_.is_there) {
      add("missing_data_file", expected, "no file",
          fmt::format("{} has a file that is not on the disk", table_),
          "VACUUM removed it, or the folder was copied without it: restore it from a backup");
      return false;
    }
    if (!facts_.problem.empty()) {
      add("damaged_file", expected, fmt::format("{} bytes", facts_.bytes),
          fmt::format("a file of {} cannot be read: {}", table_, facts_.problem),
          "restore the file from a backup");
      return false;
    }
    if (static_cast<std::int64_t>(facts_.bytes) != file_.bytes) {
      add("wrong_file_size", expected, fmt::format("{} bytes", facts_.bytes),
          fmt::format("a file of {} has another size than the log says", table_),
          "some readers look for the footer by that size: find out who wrote the file anew");
    }
    return true;
  }

  bool vector() {
    const std::int64_t cardinality = file_.deletion_vector ? file_.deletion_vector->cardinality : 0;
    const std::string expected = fmt::format("{} deleted rows", cardinality);
    switch (facts_.vector) {
      case VectorState::kNone:
        return true;
      case VectorState::kMissing:
        add("missing_deletion_file", expected, "no file", facts_.vector_problem,
            "restore the file from a backup; without it deleted rows come back");
        return false;
      case VectorState::kDamaged:
        add("damaged_deletion_vector", expected, "a damaged one", facts_.vector_problem,
            "restore the file from a backup; without it deleted rows come back");
        return false;
      case VectorState::kMiscounted:
        add("wrong_delete_count", expected, "another number", facts_.vector_problem,
            "readers that count by the log are wrong: correct the cardinality in the log");
        return false;
      case VectorState::kSound:
        break;
    }
    if (!facts_.deleted_last || !facts_.rows || *facts_.deleted_last < *facts_.rows) return true;
    add("deletion_beyond_file", fmt::format("row {} deleted", *facts_.deleted_last),
        fmt::format("{} rows", *facts_.rows),
        fmt::format("a deletion vector of {} deletes a row that its file has not", table_),
        "the vector is of another file, or the file was replaced: restore both from a backup");
    return false;
  }

  bool rows() {
    const auto said = rows_of(file_);
    if (!said || !facts_.rows || *said == *facts_.rows) return true;
    add("wrong_record_count", fmt::format("{} rows", *said), fmt::format("{} rows", *facts_.rows),
        fmt::format("a file of {} has another number of rows than numRecords says", table_),
        "count(*) of many readers answers by the log: correct the statistics, or rewrite the file");
    return false;
  }

  void scan() {
    if (!facts_.rows_alive || !facts_.rows) return;
    const auto deleted =
        file_.deletion_vector ? static_cast<std::uint64_t>(file_.deletion_vector->cardinality) : 0;
    const std::uint64_t expected = *facts_.rows - std::min(deleted, *facts_.rows);
    if (expected == *facts_.rows_alive) return;
    add("wrong_count", fmt::format("{} rows", expected), fmt::format("{} rows", *facts_.rows_alive),
        fmt::format("a scan of a file of {} meets another number of rows than its footer says",
                    table_),
        "restore the file from a backup");
  }

  const AddFile& file_;
  const FileFacts& facts_;
  const std::string& table_;
  std::vector<LakeFinding> out_;
};

}  // namespace

std::vector<LeafColumn> leaf_columns(const TableSchema& schema) {
  std::vector<LeafColumn> out;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (!schema.is_partition(i)) find_leaves(schema.columns[i], {}, out);
  }
  return out;
}

std::vector<LakeFinding> check_file(const AddFile& file, const FileFacts& facts,
                                    const std::string& table) {
  return FileCheck(file, facts, table).run();
}

}  // namespace sluice::delta
