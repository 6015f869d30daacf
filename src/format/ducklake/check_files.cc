#include "format/ducklake/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "format/ducklake/type_names.h"

namespace sluice::ducklake {
namespace {

class FileCheck {
 public:
  FileCheck(const LakeRecords& records, const LakeFactsOnDisk& disk, const FilePaths& paths,
            const TakesTable& takes)
      : records_(records), disk_(disk), paths_(paths), takes_(takes), newest_(records.newest().id) {
    for (const DataFileRow& row : records.files) files_[row.id] = &row;
    for (const ColumnRow& row : records.columns) columns_[row.table_id].push_back(&row);
    for (const FileStats& row : records.file_stats)
      with_stats_.insert({row.file_id, row.column_id});
    for (const TableRow& row : records.tables) names_.try_emplace(row.id, "");
    for (auto& [id, name] : names_) name = table_name(records, id, newest_);
  }

  std::vector<LakeFinding> run() {
    for (const DataFileRow& row : records_.files) {
      if (takes_(row.table_id)) data_file(row);
    }
    for (const DeleteFileRow& row : records_.deletes) {
      if (takes_(row.table_id)) delete_file(row);
    }
    inlined_deletions();
    row_numbers();
    counts();
    return std::move(out_);
  }

 private:
  LakeFinding& add(const std::string& kind, Id table, const std::string& file) {
    LakeFinding& finding = out_.emplace_back();
    finding.kind = kind;
    finding.table = name_of(table);
    finding.file = file;
    return finding;
  }

  std::string name_of(Id table) const {
    const auto found = names_.find(table);
    return found == names_.end() ? fmt::format("table {}", table) : found->second;
  }

  // Of a finding that makes the count of a table's rows wrong by itself.
  LakeFinding& add_miscount(const std::string& kind, Id table, const std::string& file) {
    miscounted_.insert(table);
    return add(kind, table, file);
  }

  template <typename Facts>
  bool look_at(const Facts& facts, const std::string& missing_kind, Id table,
               const std::string& path, std::uint64_t bytes) {
    if (!facts.is_there) {
      LakeFinding& finding = add_miscount(missing_kind, table, path);
      finding.expected = fmt::format("{} bytes", bytes);
      finding.found = "no file";
      finding.message = fmt::format("{} has a file that is not on the disk", finding.table);
      finding.hint = "restore the file from a backup; its rows are nowhere else";
      if (missing_kind == "missing_deletion_file") {
        finding.hint = "restore the file from a backup; without it deleted rows come back";
      }
      return false;
    }
    if (!facts.problem.empty()) {
      LakeFinding& finding = add_miscount("damaged_file", table, path);
      finding.expected = fmt::format("{} bytes", bytes);
      finding.found = fmt::format("{} bytes", facts.bytes);
      finding.message =
          fmt::format("a file of {} cannot be read: {}", finding.table, facts.problem);
      finding.hint = "restore the file from a backup";
      return false;
    }
    if (facts.bytes != bytes) {
      LakeFinding& finding = add("wrong_file_size", table, path);
      finding.expected = fmt::format("{} bytes", bytes);
      finding.found = fmt::format("{} bytes", facts.bytes);
      finding.message =
          fmt::format("a file of {} has another size than the catalog says", finding.table);
      finding.hint = "the file is whole: correct file_size_bytes, or find out who wrote it anew";
    }
    return true;
  }

  void data_file(const DataFileRow& row) {
    const auto found = disk_.files.find(row.id);
    const auto path = paths_.files.find(row.id);
    if (found == disk_.files.end() || path == paths_.files.end()) return;
    const FileFacts& facts = found->second;
    if (!look_at(facts, "missing_data_file", row.table_id, path->second, row.bytes)) return;
    if (facts.rows != row.rows) {
      LakeFinding& finding = add_miscount("wrong_record_count", row.table_id, path->second);
      finding.expected = fmt::format("{} rows", row.rows);
      finding.found = fmt::format("{} rows", facts.rows);
      finding.message = fmt::format("a file of {} has another number of rows than the catalog says",
                                    finding.table);
      finding.hint = "count(*) answers by the catalog: correct record_count of the file's row";
    }
    shape(row, facts, path->second);
  }

  // Columns that the table had when the file was added and has still are in the file, under their
  // numbers. A file that was written anew may lack a column that came after its rows: it has no
  // statistics of it either.
  void shape(const DataFileRow& row, const FileFacts& facts, const std::string& path) {
    if (!has_ids(facts.fields)) {
      if (row.mapping_id || facts.fields.empty()) return;
      LakeFinding& finding = add("no_field_ids", row.table_id, path);
      finding.expected = "field ids, or a mapping of names";
      finding.found = "neither";
      finding.message =
          fmt::format("a file of {} does not say which column is which", finding.table);
      finding.hint = "readers give NULL for its columns; add the file by ducklake_add_data_files";
      return;
    }
    std::map<Id, const ColumnRow*> then;
    std::map<Id, const ColumnRow*> now;
    for (const ColumnRow* const column : columns_[row.table_id]) {
      if (column->lifetime.holds(row.lifetime.begin)) then[column->id] = column;
      if (column->lifetime.holds(newest_)) now[column->id] = column;
    }
    for (const auto& [id, column] : now) {
      if (then.contains(id)) shape_of_column(row, facts, path, *column);
    }
  }

  void shape_of_column(const DataFileRow& row, const FileFacts& facts, const std::string& path,
                       const ColumnRow& column) {
    const ValueField* const field = find_field(facts.fields, column.id);
    const auto type = type_from_name(column.type);
    if (!type) return;
    if (field == nullptr) {
      if (row.mapping_id || !with_stats_.contains({row.id, column.id})) return;
      LakeFinding& finding = add("missing_column", row.table_id, path);
      finding.column = column.name;
      finding.expected = fmt::format("a column with field id {}", column.id);
      finding.found = "none";
      finding.message =
          fmt::format("a file of {} lacks the column \"{}\"", finding.table, column.name);
      finding.hint = "readers give its default instead; restore the file from a backup";
      return;
    }
    const bool is_leaf = field->shape == FieldShape::kLeaf;
    const bool fits = has_shape(*field, *type) && (!is_leaf || can_be_read_as(field->type, *type));
    if (fits) return;
    LakeFinding& finding = add("wrong_column_type", row.table_id, path);
    finding.column = column.name;
    finding.expected = column.type;
    finding.found = field->type.empty() ? "a group of columns" : field->type;
    finding.message = fmt::format("column \"{}\" of {} is {} in the catalog and {} in the file",
                                  column.name, finding.table, column.type, finding.found);
    finding.hint = "the file's field ids belong to other columns; restore it from a backup";
  }

  void delete_file(const DeleteFileRow& row) {
    const auto found = disk_.deletes.find(row.id);
    const auto path = paths_.deletes.find(row.id);
    if (found == disk_.deletes.end() || path == paths_.deletes.end()) return;
    const DeleteFacts& facts = found->second;
    if (!look_at(facts, "missing_deletion_file", row.table_id, path->second, row.bytes)) return;
    if (!facts.is_scanned) return;
    if (facts.rows != row.rows) {
      LakeFinding& finding = add_miscount("wrong_delete_count", row.table_id, path->second);
      finding.expected = fmt::format("{} rows", row.rows);
      finding.found = fmt::format("{} rows", facts.rows);
      finding.message =
          fmt::format("a file of deletions of {} has another number of rows than the catalog says",
                      finding.table);
      finding.hint = "count(*) answers by the catalog: correct delete_count of the file's row";
    }
    if (facts.positions < facts.rows) {
      twice(row.table_id, path->second, facts.rows - facts.positions, "in one file of deletions");
    }
    if (facts.inlined_too > 0 && !row.lifetime.end) {
      twice(row.table_id, path->second, facts.inlined_too,
            "in a file of deletions and in the catalog");
    }
    const std::optional<Id> rows = rows_of(row.data_file_id);
    if (rows && (facts.position_max >= *rows || facts.position_min < 0)) {
      beyond(row.table_id, path->second,
             facts.position_min < 0 ? facts.position_min : facts.position_max, *rows);
    }
  }

  // By the file itself, else by the catalog.
  std::optional<Id> rows_of(Id data_file) const {
    const auto facts = disk_.files.find(data_file);
    if (facts != disk_.files.end() && facts->second.is_sound()) {
      return static_cast<Id>(facts->second.rows);
    }
    const auto row = files_.find(data_file);
    if (row == files_.end()) return std::nullopt;
    return static_cast<Id>(row->second->rows);
  }

  void twice(Id table, const std::string& file, std::uint64_t rows, const std::string& where) {
    LakeFinding& finding = add_miscount("deleted_twice", table, file);
    finding.expected = "each row once";
    finding.found = fmt::format("{} rows twice", rows);
    finding.message =
        fmt::format("{} rows of {} are deleted twice, {}", rows, finding.table, where);
    finding.hint = "count(*) answers by the catalog and is too low; rewrite the table's files";
  }

  void beyond(Id table, const std::string& file, Id position, Id rows) {
    LakeFinding& finding = add_miscount("deletion_beyond_file", table, file);
    finding.expected = fmt::format("positions below {}", rows);
    finding.found = fmt::format("position {}", position);
    finding.message =
        fmt::format("a row of {} is deleted that its data file has not", finding.table);
    finding.hint = "the deletions belong to another file; restore the catalog from a backup";
  }

  void inlined_deletions() {
    const InlinedDelete* before = nullptr;
    std::map<Id, std::uint64_t> repeated;
    std::map<Id, const InlinedDelete*> last;
    for (const InlinedDelete& row : records_.inlined_deletes) {
      if (!takes_(row.table_id)) continue;
      const bool is_same =
          before != nullptr && before->file_id == row.file_id && before->position == row.position;
      if (is_same) ++repeated[row.file_id];
      before = &row;
      const InlinedDelete*& highest = last[row.file_id];
      if (highest == nullptr || highest->position < row.position) highest = &row;
    }
    for (const auto& [file, count] : repeated) {
      twice(last[file]->table_id, path_of(file), count, "in the catalog");
    }
    for (const auto& [file, row] : last) {
      const std::optional<Id> rows = rows_of(file);
      if (rows && row->position >= *rows)
        beyond(row->table_id, path_of(file), row->position, *rows);
    }
  }

  std::string path_of(Id file) const {
    const auto found = paths_.files.find(file);
    return found == paths_.files.end() ? "" : found->second;
  }

  struct RowRange {
    Id begin = 0;
    Id end = 0;
    const DataFileRow* file = nullptr;
  };

  // Rows that carry no numbers of their own are counted from row_id_start on.
  void row_numbers() {
    std::map<Id, std::vector<RowRange>> tables;
    for (const DataFileRow& row : records_.files) {
      const auto facts = disk_.files.find(row.id);
      if (facts == disk_.files.end() || !facts->second.is_sound()) continue;
      if (!row.row_id_start || facts->second.has_row_ids) continue;
      tables[row.table_id].push_back(
          {*row.row_id_start, *row.row_id_start + static_cast<Id>(facts->second.rows), &row});
    }
    for (auto& [table, ranges] : tables) {
      std::sort(ranges.begin(), ranges.end(),
                [](const RowRange& a, const RowRange& b) { return a.begin < b.begin; });
      for (std::size_t i = 0; i < ranges.size(); ++i) overlapping(table, ranges, i);
    }
  }

  // At most one finding a file.
  void overlapping(Id table, const std::vector<RowRange>& ranges, std::size_t i) {
    const RowRange& one = ranges[i];
    for (std::size_t j = i + 1; j < ranges.size() && ranges[j].begin < one.end; ++j) {
      const RowRange& other = ranges[j];
      const Lifetime& a = one.file->lifetime;
      const Lifetime& b = other.file->lifetime;
      const bool at_once = (!a.end || b.begin < *a.end) && (!b.end || a.begin < *b.end);
      if (!at_once || other.begin == other.end) continue;
      LakeFinding& finding = add("overlapping_row_numbers", table, path_of(other.file->id));
      finding.expected = fmt::format("rows from {} on", one.end);
      finding.found = fmt::format("rows from {} on", other.begin);
      finding.message = fmt::format("two files of {} have rows of the same numbers, from {} on",
                                    finding.table, other.begin);
      finding.hint = "row lineage and the change feed mix them up; rewrite one of the files";
      return;
    }
  }

  void counts() {
    std::set<Id> live;
    for (const TableRow& row : records_.tables) {
      if (!row.lifetime.end && takes_(row.id)) live.insert(row.id);
    }
    for (const Id table : live) {
      if (miscounted_.contains(table)) continue;
      const auto scan = scanned_rows(records_, disk_, table);
      const auto catalog = catalog_rows(records_, disk_, table);
      if (!scan || *scan == catalog) continue;
      LakeFinding& finding = add("wrong_count", table, "");
      finding.expected = fmt::format("{} rows", catalog);
      finding.found = fmt::format("{} rows", *scan);
      finding.message = fmt::format("{} has {} rows by the catalog, and a scan finds {}",
                                    finding.table, catalog, *scan);
      finding.hint = "count(*) answers by the catalog; compare `sluice lake files` with a backup";
    }
  }

  const LakeRecords& records_;
  const LakeFactsOnDisk& disk_;
  const FilePaths& paths_;
  const TakesTable& takes_;
  Id newest_;
  std::map<Id, const DataFileRow*> files_;
  std::map<Id, std::vector<const ColumnRow*>> columns_;
  std::set<std::pair<Id, Id>> with_stats_;  // files and columns
  std::map<Id, std::string> names_;
  std::set<Id> miscounted_;
  std::vector<LakeFinding> out_;
};

}  // namespace

std::vector<LakeFinding> check_files(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                     const FilePaths& paths, const TakesTable& takes) {
  return FileCheck(records, disk, paths, takes).run();
}

}  // namespace sluice::ducklake
