#include "endpoint/ducklake/compact_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/check_data_file.h"
#include "endpoint/ducklake/ducklake_endpoint.h"
#include "endpoint/ducklake/file_fields.h"
#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_state.h"
#include "endpoint/engine_error.h"
#include "endpoint/table_choice.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

// A file with a smaller share of deleted rows is not rewritten for them: one in so many.
constexpr std::uint64_t kSparseShare = 10;
// What one statement reads at most.
constexpr std::size_t kFilesInBundle = 4096;
constexpr std::size_t kScansInBundle = 100;

Id to_id(const std::optional<std::string>& text) { return text ? std::stoll(*text) : 0; }

bool holds_exactly(const std::vector<LakeColumn>& columns) {
  return std::all_of(columns.begin(), columns.end(), [](const LakeColumn& column) {
    return ducklake_rule(column.type).mapping == Mapping::kExact;
  });
}

Status load_partition(CatalogDatabase& database, CompactTable& out) {
  const Id table = out.table.row.id;
  TRY_ASSIGN(out.partition, read_partition(database, table, out.table.columns));
  TRY_ASSIGN(const auto values,
             database.query(fmt::format("SELECT data_file_id, partition_value FROM {} WHERE "
                                        "table_id = {} ORDER BY data_file_id, partition_key_index",
                                        database.table("ducklake_file_partition_value"), table)));
  for (const CatalogRow& row : values) out.partition_values[to_id(row.at(0))].push_back(row.at(1));
  return {};
}

Status load_order(CatalogDatabase& database, CompactTable& out) {
  TRY_ASSIGN(const auto terms,
             database.query(fmt::format(
                 "SELECT e.expression, e.sort_direction, e.null_order FROM {} i JOIN {} e ON "
                 "e.sort_id = i.sort_id AND e.table_id = i.table_id WHERE i.table_id = {} AND "
                 "i.end_snapshot IS NULL AND e.dialect = 'duckdb' ORDER BY e.sort_key_index",
                 database.table("ducklake_sort_info"), database.table("ducklake_sort_expression"),
                 out.table.row.id)));
  for (const CatalogRow& row : terms) {
    const bool descends = to_lower(row.at(1).value_or("")) == "desc";
    const bool nulls_first = to_lower(row.at(2).value_or("")) == "nulls_first";
    out.order.push_back(fmt::format("{} {} NULLS {}", row.at(0).value_or(""),
                                    descends ? "DESC" : "ASC", nulls_first ? "FIRST" : "LAST"));
  }
  return {};
}

Result<CompactTable> load_table(CatalogDatabase& database, LakeTable table, Id snapshot,
                                Engine& engine) {
  CompactTable out;
  out.table = std::move(table);
  TRY_ASSIGN(out.inlined_deletes, count_inlined_deletes(database, out.table));
  TRY_ASSIGN(out.deletion_files, read_deletion_files(database, out.table));
  for (const LakeInlined& inlined : out.table.inlined) {
    TRY_ASSIGN(const std::uint64_t rows, count_inlined_rows(database, inlined.table, snapshot));
    if (rows > 0) out.inlined_rows[inlined.table] = rows;
  }
  TRY(load_partition(database, out));
  TRY(load_order(database, out));
  TRY_ASSIGN(out.inlined, read_inlined(database, out.table, snapshot, engine));
  return out;
}

// Why a file cannot be read or numbered by sluice, "" where it can.
std::string obstacle(const CompactTable& table, const LakeFile& file) {
  if (file.row.mapping_id) return "it was added under a mapping of names";
  if (file.deletes && file.deletes->row.format != "parquet") {
    return fmt::format("its deletions are of format \"{}\"", file.deletes->row.format);
  }
  if (!file.row.row_id_start && !table.numbered.contains(file.row.id)) {
    return "nothing says which numbers its rows have";
  }
  if (table.broken_history.contains(file.row.id)) {
    return "rows are deleted from it by the catalog and by files that do not follow each other";
  }
  return "";
}

class Bundler {
 public:
  Bundler(CompactTable& table, std::uint64_t target_bytes)
      : table_(table), target_bytes_(std::max<std::uint64_t>(target_bytes, 1)) {}

  void add(std::size_t index) {
    const LakeFile& file = table_.table.files[index];
    const std::uint64_t deleted = table_.deleted(file);
    const bool is_sparse = deleted > 0 && deleted * kSparseShare >= file.row.rows;
    if (!is_sparse && file.row.bytes >= target_bytes_ / 2) return;
    const std::uint64_t alive = file.row.rows - std::min(deleted, file.row.rows);
    const std::uint64_t bytes = file.row.rows == 0 ? 0 : file.row.bytes * alive / file.row.rows;
    const Key key{file.row.partition_id, values_of(file)};
    Open& open = open_[key];
    const bool is_alone = deleted > 0 || file.layout.has_value();
    const bool is_full = open.bundle.bytes + bytes > target_bytes_ ||
                         open.bundle.files.size() >= kFilesInBundle ||
                         open.scans + is_alone > kScansInBundle;
    if (!open.bundle.files.empty() && is_full) {
      close(open);
      open = Open{};
    }
    open.bundle.partition = key.first;
    open.bundle.partition_values = key.second;
    open.bundle.files.push_back(index);
    open.bundle.bytes += bytes;
    open.scans += is_alone ? 1 : 0;
    open.is_sparse = open.is_sparse || is_sparse;
  }

  void finish(bool with_inlined) {
    if (with_inlined) {
      // Rows of a table that is parted go to the files of their parts.
      Open own;
      Open& open = table_.partition.id ? own : open_[Key{}];
      open.bundle.has_inlined = true;
      if (&open == &own) close(own);
    }
    for (auto& [key, open] : open_) close(open);
  }

 private:
  using Key = std::pair<std::optional<Id>, std::vector<std::optional<std::string>>>;
  struct Open {
    CompactBundle bundle;
    std::size_t scans = 0;
    bool is_sparse = false;
  };

  std::vector<std::optional<std::string>> values_of(const LakeFile& file) const {
    const auto at = table_.partition_values.find(file.row.id);
    return at == table_.partition_values.end() ? std::vector<std::optional<std::string>>{}
                                               : at->second;
  }

  void close(Open& open) {
    const bool is_work = open.bundle.files.size() > 1 || open.is_sparse || open.bundle.has_inlined;
    if (!is_work) return;
    number(open.bundle);
    table_.bundles.push_back(std::move(open.bundle));
  }

  // Whether rows one after the other have numbers one after the other.
  void number(CompactBundle& bundle) const {
    if (bundle.has_inlined || !table_.order.empty() || bundle.files.empty()) return;
    const LakeFile& first = table_.table.files[bundle.files.front()];
    std::optional<Id> next = first.row.row_id_start;
    for (const std::size_t index : bundle.files) {
      const LakeFile& file = table_.table.files[index];
      const bool is_plain =
          table_.deleted(file) == 0 && !file.layout && !table_.numbered.contains(file.row.id);
      if (!is_plain || file.row.row_id_start != next) return;
      next = *next + static_cast<Id>(file.row.rows);
    }
    bundle.row_id_start = first.row.row_id_start;
  }

  CompactTable& table_;
  std::uint64_t target_bytes_;
  std::map<Key, Open> open_;
};

// Reads what only the files know: their columns, and whether one of them numbers the rows.
Status look_into_files(CompactTable& table, Engine& engine) {
  TRY(check_data_files(table.table, engine));
  TRY(find_layouts(table.table, engine));
  if (table.table.files.empty()) return {};
  std::vector<std::string> paths;
  for (const LakeFile& file : table.table.files) paths.push_back(file.path);
  TRY_ASSIGN(const auto connection, engine.connect());
  const auto fields = read_fields(*connection, paths);
  if (!fields) return fail(refine_engine_error(fields.error(), table.table.folder));
  for (const auto& [file, deletes] : table.deletion_files) {
    const auto follow = follow_each_other(*connection, deletes);
    if (!follow) return fail(refine_engine_error(follow.error(), table.table.folder));
    if (!*follow) table.broken_history.insert(file);
  }
  for (const LakeFile& file : table.table.files) {
    const auto found = fields->find(file.path);
    if (found == fields->end()) continue;
    const bool has_numbers =
        std::any_of(found->second.begin(), found->second.end(),
                    [](const ValueField& field) { return field.name == kRowId; });
    if (has_numbers) table.numbered.insert(file.row.id);
  }
  return {};
}

bool may_flush(const CompactTable& table, std::vector<LakeLeftFacts>& left) {
  if (table.inlined.rows == 0) return false;
  const std::string name = table.table.name.display();
  if (!holds_exactly(table.table.columns)) {
    left.push_back({name, "", "rows in the catalog have values that files cannot hold exactly"});
    return false;
  }
  if (table.partition.is_unknown) {
    left.push_back({name, "", "rows in the catalog are parted by a function that is not computed"});
    return false;
  }
  return true;
}

void bundle_files(CompactTable& table, const LakeCompaction& wanted, const CompactDone& done,
                  std::vector<LakeLeftFacts>& left) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < table.table.files.size(); ++i) {
    const LakeFile& file = table.table.files[i];
    if (done.files.contains(file.row.id)) continue;
    const std::string reason = obstacle(table, file);
    if (reason.empty()) {
      order.push_back(i);
    } else {
      left.push_back({table.table.name.display(), file.path, reason});
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.table.files[a].row.row_id_start < table.table.files[b].row.row_id_start;
  });
  Bundler bundler(table, wanted.target_bytes);
  for (const std::size_t index : order) bundler.add(index);
  bundler.finish(!done.inlined.contains(table.table.row.id) && may_flush(table, left));
}

}  // namespace

std::uint64_t CompactTable::deleted(const LakeFile& file) const {
  const auto at = inlined_deletes.find(file.row.id);
  return (file.deletes ? file.deletes->row.rows : 0) +
         (at == inlined_deletes.end() ? 0 : at->second);
}

Result<std::uint64_t> count_inlined_rows(CatalogDatabase& database, const std::string& table,
                                         Id snapshot) {
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT count(*) FROM {} WHERE begin_snapshot <= {} AND "
                                        "end_snapshot IS NULL",
                                        database.table(table), snapshot)));
  return static_cast<std::uint64_t>(to_id(rows.at(0).at(0)));
}

Result<CompactPlan> plan_compaction(CatalogDatabase& database, const LakeCompaction& wanted,
                                    const CompactDone& done, Engine& engine) {
  CompactPlan plan;
  const auto act = [&]() -> Status {
    TableChoice choice(wanted.tables);
    {
      TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database));
      TRY_ASSIGN(Lake lake, DuckLakeCatalog(database, "").load({}));
      plan.snapshot = lake.snapshot.id;
      plan.data_path = lake.data_path;
      for (LakeTable& table : lake.tables) {
        if (!choice.takes(table.name)) continue;
        TRY_ASSIGN(CompactTable one, load_table(database, std::move(table), plan.snapshot, engine));
        plan.tables.push_back(std::move(one));
      }
      TRY(choice.check());
    }
    for (CompactTable& table : plan.tables) {
      TRY(look_into_files(table, engine));
      bundle_files(table, wanted, done, plan.left);
    }
    return {};
  };
  if (Status planned = act(); !planned) {
    close_plan(plan, engine);
    return fail(std::move(planned.error()));
  }
  return plan;
}

void close_plan(CompactPlan& plan, Engine& engine) {
  for (const CompactTable& table : plan.tables) {
    for (const std::string& source : table.inlined.sources) engine.remove_source(source);
  }
  plan.tables.clear();
}

}  // namespace sluice::ducklake
