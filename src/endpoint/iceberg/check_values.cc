#include "endpoint/iceberg/check_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/iceberg/check_manifests.h"
#include "endpoint/iceberg/partition_sql.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

template <typename T>
const T* find(const ByColumn<T>& values, std::int32_t id) {
  for (const auto& [column, value] : values) {
    if (column == id) return &value;
  }
  return nullptr;
}

// A column that has statistics: no list or map is around it.
struct Leaf {
  const Column* column = nullptr;
  std::string shown;  // "s.a"
  std::string sql;    // over the columns by name
};

void add_leaves(const Column& column, const FileColumn& found, const std::string& above,
                const std::string& sql, std::vector<Leaf>& out) {
  if (!found.is_there || !is_read(column.type)) return;
  const std::string shown = above.empty() ? column.name : above + "." + column.name;
  if (column.type.id == TypeId::kStruct) {
    for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
      const Column& part = column.type.parts[i];
      add_leaves(part, found.parts[i], shown,
                 fmt::format("struct_extract({}, {})", sql, quote_literal(part.name)), out);
    }
  } else if (!column.type.is_nested()) {
    out.push_back({&column, shown, sql});
  }
}

bool is_float(const ColumnType& type) {
  return type.id == TypeId::kFloat || type.id == TypeId::kDouble;
}

// Text is compared by its bytes, since a bound may end within a letter.
std::string comparable(const ColumnType& type, const std::string& sql) {
  return type.id == TypeId::kString ? fmt::format("encode({})", sql) : sql;
}

std::string bound_sql(const ColumnType& type, const std::string& bytes) {
  const auto value = from_bytes(type, bytes);
  if (!value) return "";
  ColumnType as = type;
  if (type.id == TypeId::kString) as.id = TypeId::kBinary;
  return literal(as, *value).value_or("");
}

// Of one leaf four items: NULLs, NaN, whether the bounds hold, and the range as text.
std::string items_of(const Leaf& leaf, const DataFile& file) {
  const ColumnType& type = leaf.column->type;
  const std::string filter =
      is_float(type) ? fmt::format(" FILTER (WHERE NOT isnan({}))", leaf.sql) : "";
  const std::string value = comparable(type, leaf.sql);
  const auto holds = [&](const std::string* bytes, const char* function, const char* sign) {
    if (bytes == nullptr) return std::string("true");
    const std::string bound = bound_sql(type, *bytes);
    if (bound.empty()) return std::string("false");
    return fmt::format("coalesce({}({}){} {} {}, true)", function, value, filter, sign, bound);
  };
  return fmt::format(
      "count(*) - count({0}), {1}, {2}, {3}, concat(CAST(min({0}){4} AS VARCHAR), ' to ', "
      "CAST(max({0}){4} AS VARCHAR))",
      leaf.sql, is_float(type) ? fmt::format("count_if(isnan({}))", leaf.sql) : "0",
      holds(find(file.lower_bounds, leaf.column->id), "min", ">="),
      holds(find(file.upper_bounds, leaf.column->id), "max", "<="), filter);
}
constexpr std::size_t kItems = 5;

class ValueCheck {
 public:
  ValueCheck(const TableState& table, const LiveFile& file) : table_(table), file_(file) {}

  CheckedFile take() { return std::move(out_); }

  void damaged(const Error& error) {
    add("damaged_file", "", "readable", "not readable",
        "its values cannot be read: " + error.message.substr(0, error.message.find('\n')));
  }

  Status read(const Scanned& scanned, EngineConnection& connection) {
    const ScanGroup& group = scanned.groups.front();
    std::vector<Leaf> leaves;
    for (std::size_t i = 0; i < scanned.input.shown; ++i) {
      const Column& column = *scanned.input.columns[i];
      add_leaves(column, group.found[i], "", quote_identifier(column.name), leaves);
    }
    const std::vector<PartitionTerm> terms = partition_terms(table_.schema, *file_.spec);
    std::string items = "count(*)";
    for (const Leaf& leaf : leaves) items += ", " + items_of(leaf, file_.data());
    for (const PartitionTerm& term : terms) {
      TRY_ASSIGN(const std::string value,
                 literal(term.type, file_.data().partition.at(term.field)));
      items += fmt::format(", count_if({} IS DISTINCT FROM {})", term.sql, value);
    }
    TRY_ASSIGN(const std::string select, select_of(scanned.input, group));
    TRY_ASSIGN(const auto rows, connection.rows(fmt::format("SELECT {} FROM ({})", items, select)));
    const TextRow& row = rows.at(0);
    out_.rows = std::stoull(row.at(0).value_or("0"));
    check_count();
    for (std::size_t i = 0; i < leaves.size(); ++i) check_leaf(leaves[i], row, 1 + i * kItems);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const std::string wrong = row.at(1 + leaves.size() * kItems + i).value_or("0");
      if (wrong == "0") continue;
      add("wrong_partition", terms[i].name, "one value for all rows", wrong + " other rows",
          fmt::format("{} rows are not of the file's partition \"{}\"", wrong, terms[i].name));
    }
    return {};
  }

 private:
  void add(const std::string& kind, const std::string& column, const std::string& expected,
           const std::string& found, const std::string& message) {
    LakeFinding finding = finding_of(table_, kind, file_.data().path, message);
    finding.column = column;
    finding.expected = expected;
    finding.found = found;
    out_.findings.push_back(std::move(finding));
  }

  void check_count() {
    const std::int64_t said = file_.data().record_count;
    if (said >= 0 && static_cast<std::uint64_t>(said) == out_.rows) return;
    add("wrong_record_count", "", fmt::format("{} rows", said), fmt::format("{} rows", out_.rows),
        fmt::format("the manifest says {} rows, the file has {}", said, out_.rows));
  }

  void check_number(const Leaf& leaf, const char* what, const std::int64_t* said,
                    const std::string& found) {
    if (said == nullptr || std::to_string(*said) == found) return;
    add("wrong_file_stats", leaf.shown, fmt::format("{} {}", *said, what),
        fmt::format("{} {}", found, what),
        fmt::format("column \"{}\" has {} {}, the manifest says {}", leaf.shown, found, what,
                    *said));
  }

  void check_leaf(const Leaf& leaf, const TextRow& row, std::size_t at) {
    const DataFile& file = file_.data();
    const std::int32_t id = leaf.column->id;
    check_number(leaf, "NULLs", find(file.null_counts, id), row.at(at).value_or("0"));
    if (is_float(leaf.column->type)) {
      check_number(leaf, "NaN", find(file.nan_counts, id), row.at(at + 1).value_or("0"));
    }
    check_number(leaf, "values", find(file.value_counts, id), std::to_string(out_.rows));
    const bool is_low = row.at(at + 2) == "true";
    const bool is_high = row.at(at + 3) == "true";
    if (is_low && is_high) return;
    add("wrong_file_stats", leaf.shown, is_low ? "an upper bound" : "a lower bound",
        row.at(at + 4).value_or(""),
        fmt::format("the {} bound of column \"{}\" does not bound its values",
                    is_low ? "upper" : "lower", leaf.shown));
    out_.findings.back().hint = "readers that filter by the column miss rows";
  }

  const TableState& table_;
  const LiveFile& file_;
  CheckedFile out_;
};

}  // namespace

Result<CheckedFile> check_values(TableScan& scan, std::size_t place, Engine& engine,
                                 EngineConnection& connection) {
  Scanned scanned;
  TRY_ASSIGN(scanned.live, scan.live());
  scanned.input = scan.input(*scanned.live);
  ValueCheck check(scan.state(), scanned.live->files().at(place));
  auto groups = groups_of_files(scanned.input, {{place, 0, 0}}, engine);
  Status read;
  if (groups) {
    scanned.groups = std::move(*groups);
    read = check.read(scanned, connection);
  } else {
    read = fail(std::move(groups.error()));
  }
  if (!read && (says_nothing(read.error()) || is_out_of_memory(read.error()))) {
    return fail(std::move(read.error()));
  }
  if (!read) check.damaged(read.error());
  return check.take();
}

}  // namespace sluice::iceberg
