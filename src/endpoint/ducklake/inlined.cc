#include "endpoint/ducklake/inlined.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/text.h"
#include "endpoint/ducklake/column_sql.h"
#include "lake_catalog/inlined_cells.h"

namespace sluice::ducklake {
namespace {

// Rows in memory, each cell as its bytes.
class RowsSource : public TableSource {
 public:
  RowsSource(std::vector<SourceColumn> columns, std::vector<CatalogRow> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}

  const std::vector<SourceColumn>& columns() const override { return columns_; }
  std::uint64_t rows_estimate() const override { return rows_.size(); }
  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t, const std::vector<std::size_t>& projection) override {
    return std::make_unique<Reader>(*this, projection);
  }

 private:
  class Reader : public PartitionReader {
   public:
    Reader(const RowsSource& source, std::vector<std::size_t> projection)
        : source_(source), projection_(std::move(projection)) {}

    Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
      const std::size_t rows = std::min(rows_max, source_.rows_.size() - next_);
      for (std::size_t i = 0; i < rows; ++i) {
        const CatalogRow& row = source_.rows_[next_ + i];
        for (std::size_t c = 0; c < projection_.size(); ++c)
          put(columns[c], i, row[projection_[c]]);
      }
      next_ += rows;
      return rows;
    }

   private:
    static void put(ColumnWriter& column, std::size_t row, const std::optional<std::string>& cell) {
      if (!cell) {
        column.set_null(row);
      } else if (column.type().kind == TypeKind::kInt64) {
        std::int64_t value = 0;
        std::from_chars(cell->data(), cell->data() + cell->size(), value);
        column.data<std::int64_t>()[row] = value;
      } else {
        column.set_text(row, *cell);
      }
    }

    const RowsSource& source_;
    std::vector<std::size_t> projection_;
    std::size_t next_ = 0;
  };

  std::vector<SourceColumn> columns_;
  std::vector<CatalogRow> rows_;
};

constexpr std::string_view kRowId = "sluice_row_id";

// Every cell is text to the engine until it is cast to what its column was. `also`: columns beside
// the table's.
Result<std::string> typed_select(const LakeInlined& inlined, const LakeTable& table,
                                 const std::string& source, const std::string& also) {
  std::vector<std::string> typed;
  for (const LakeColumn& column : inlined.columns) {
    const std::string name = quote_identifier(column.row.name);
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    typed.push_back(
        travels_as_bytes(column.type) ? name : fmt::format("CAST({0} AS {1}) AS {0}", name, type));
  }
  TRY_ASSIGN(auto items, select_list(inlined.columns, table.columns));
  if (!also.empty()) items.push_back(also);
  if (!also.empty()) typed.push_back(also);
  return fmt::format("SELECT {} FROM (SELECT {} FROM {})", join(items, ", "), join(typed, ", "),
                     source);
}

Status add_rows(CatalogDatabase& database, const LakeInlined& inlined, const LakeTable& table,
                Id snapshot, Engine& engine, InlinedRows& out) {
  std::vector<std::string> names;
  std::vector<SourceColumn> columns;
  for (const LakeColumn& column : inlined.columns) {
    names.push_back(inlined_cell_sql(database.dialect(), column));
    const TypeKind kind = travels_as_bytes(column.type) ? TypeKind::kBlob : TypeKind::kText;
    columns.push_back({column.row.name, simple_type(kind)});
  }
  names.emplace_back("row_id");
  columns.push_back({std::string(kRowId), simple_type(TypeKind::kInt64)});
  TRY_ASSIGN(auto rows,
             database.query(fmt::format(
                 "SELECT {} FROM {} WHERE begin_snapshot <= {} AND (end_snapshot IS NULL OR "
                 "end_snapshot > {}) ORDER BY row_id",
                 join(names, ", "), database.table(inlined.table), snapshot, snapshot)));
  if (rows.empty()) return {};
  for (std::size_t c = 0; c < inlined.columns.size(); ++c) {
    for (CatalogRow& row : rows) {
      decode_inlined_cell(database.dialect(), inlined.columns[c].type, row[c]);
    }
  }
  out.rows += rows.size();
  out.sources.push_back(
      engine.add_source(std::make_shared<RowsSource>(std::move(columns), std::move(rows))));
  TRY_ASSIGN(std::string select, typed_select(inlined, table, out.sources.back(), ""));
  out.selects.push_back(std::move(select));
  TRY_ASSIGN(std::string numbered,
             typed_select(inlined, table, out.sources.back(), std::string(kRowId)));
  out.numbered.push_back({inlined.table, std::move(numbered)});
  return {};
}

Status add_deletes(CatalogDatabase& database, LakeTable& table, Id snapshot, Engine& engine,
                   InlinedRows& out) {
  if (table.inlined_deletes.empty()) return {};
  TRY_ASSIGN(auto rows,
             database.query(fmt::format("SELECT file_id, row_id, begin_snapshot FROM {} WHERE "
                                        "begin_snapshot <= {}",
                                        database.table(table.inlined_deletes), snapshot)));
  if (rows.empty()) return {};
  std::set<std::string> files;
  for (const CatalogRow& row : rows) files.insert(row.at(0).value_or(""));
  for (LakeFile& file : table.files) {
    file.has_inlined_deletes = files.contains(std::to_string(file.row.id));
  }
  const Type number = simple_type(TypeKind::kInt64);
  out.sources.push_back(engine.add_source(std::make_shared<RowsSource>(
      std::vector<SourceColumn>{{"file_id", number}, {"pos", number}, {"begin", number}},
      std::move(rows))));
  out.deletes = out.sources.back();
  return {};
}

}  // namespace

Result<std::vector<Id>> files_deleted_from_since(CatalogDatabase& database, const LakeTable& table,
                                                 Id since) {
  std::vector<Id> out;
  if (table.inlined_deletes.empty()) return out;
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT DISTINCT file_id FROM {} WHERE begin_snapshot > {}",
                                        database.table(table.inlined_deletes), since)));
  for (const std::string& id : first_cells(rows)) out.push_back(std::stoll(id));
  return out;
}

Result<InlinedRows> read_inlined(CatalogDatabase& database, LakeTable& table, Id snapshot,
                                 Engine& engine) {
  InlinedRows out;
  for (const LakeInlined& inlined : table.inlined) {
    TRY(add_rows(database, inlined, table, snapshot, engine, out));
  }
  TRY(add_deletes(database, table, snapshot, engine, out));
  return out;
}

}  // namespace sluice::ducklake
