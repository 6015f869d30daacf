#include "format/delta/check_stats.h"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>

#include "base/text.h"
#include "format/delta/file_stats.h"

namespace sluice::delta {
namespace {

// Digits that a number of JSON keeps whatever reads it.
constexpr int kExactDigits = 15;

// The type to compare by; nullopt where writers spell bounds in several ways, or order them so.
std::optional<std::string> compared_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::kText:
      return "";
    case TypeKind::kBlob:
      return std::nullopt;
    case TypeKind::kDecimal:
      if (type.precision > kExactDigits) return "DOUBLE";
      break;
    default:
      break;
  }
  const auto sql = engine_type_sql(type);
  return sql ? std::optional(*sql) : std::nullopt;
}

// Files that were written before a column became a double have floats, and bounds as short as those
// are printed.
bool is_float(const std::string& text) {
  const double value = std::strtod(text.c_str(), nullptr);
  return static_cast<double>(static_cast<float>(value)) == value;
}

// Years beyond four digits are spelled in several ways.
bool is_time(TypeKind kind) {
  return kind == TypeKind::kDate || kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampTz;
}

class StatsCheck {
 public:
  StatsCheck(const AddFile& file, const FileFacts& facts, const std::string& table)
      : facts_(facts), table_(table) {
    if (file.deletion_vector) {
      deleted_ = static_cast<std::uint64_t>(file.deletion_vector->cardinality);
    }
  }

  void unreadable(const std::string& why) {
    out_.push_back({finding("", "statistics of JSON", why), std::nullopt});
  }

  void column(const LeafColumn& leaf, const ColumnStats& stats, const LeafFacts& found) {
    const std::string name = join(leaf.shown, ".");
    nulls(name, stats, found);
    const auto type = compared_type(leaf.type);
    if (!type) return;
    const bool counts = !is_time(leaf.type.kind);
    const auto type_for = [&](const std::string& value) -> std::string {
      // Many writers take numbers of JSON through doubles, and bounds with them.
      const bool is_rounded = leaf.type.kind == TypeKind::kDecimal &&
                              leaf.type.precision > std::numeric_limits<double>::digits10;
      if (is_rounded) return "DOUBLE";
      const bool is_short = leaf.type.kind == TypeKind::kFloat64 && is_float(value);
      return is_short ? "FLOAT" : *type;
    };
    if (stats.min && found.min) {
      out_.push_back({finding(name, "minimum " + *stats.min, *found.min),
                      Bound{type_for(*found.min), *stats.min, *found.min, counts}});
    }
    if (stats.max && found.max) {
      out_.push_back({finding(name, "maximum " + *stats.max, *found.max),
                      Bound{type_for(*found.max), *found.max, *stats.max, counts}});
    }
  }

  std::vector<Suspicion> take() { return std::move(out_); }

 private:
  LakeFinding finding(std::string column, std::string expected, std::string found) const {
    return {
        "wrong_file_stats",
        table_,
        facts_.path,
        std::move(column),
        std::move(expected),
        std::move(found),
        fmt::format("the log has statistics of a file of {} that its values contradict", table_),
        "readers that skip files by them miss rows: rewrite the file, or its entry in the log"};
  }

  // Rows that are deleted may be counted or not.
  void nulls(const std::string& name, const ColumnStats& stats, const LeafFacts& found) {
    if (!stats.nulls) return;
    const bool is_possible = *stats.nulls >= found.nulls && *stats.nulls <= found.nulls + deleted_;
    if (is_possible || (stats.all_null && found.nulls == *facts_.rows_alive)) return;
    out_.push_back({finding(name, fmt::format("{} times NULL", *stats.nulls),
                            fmt::format("{} times NULL", found.nulls)),
                    std::nullopt});
  }

  const FileFacts& facts_;
  const std::string& table_;
  std::uint64_t deleted_ = 0;
  std::vector<Suspicion> out_;
};

}  // namespace

std::vector<Suspicion> suspect_stats(const AddFile& file, const FileFacts& facts,
                                     const TableSchema& schema,
                                     const std::vector<LeafColumn>& leaves,
                                     const std::string& table) {
  if (!facts.rows_alive || facts.leaves.size() != leaves.size()) return {};
  StatsCheck check(file, facts, table);
  const auto stats = parse_stats(file, schema);
  if (!stats) {
    check.unreadable(stats.error().message);
    return check.take();
  }
  for (std::size_t i = 0; i < stats->columns.size(); ++i) {
    check.column(leaves[i], stats->columns[i], facts.leaves[i]);
  }
  return check.take();
}

}  // namespace sluice::delta
