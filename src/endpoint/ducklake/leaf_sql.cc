#include "endpoint/ducklake/leaf_sql.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

bool is_float(const std::string& type) { return type == "FLOAT" || type == "DOUBLE"; }

class LeafFinder {
 public:
  explicit LeafFinder(const std::set<Id>& bounded) : bounded_(bounded) {}

  void find(const ValueField& field, const std::string& operand, bool in_list) {
    switch (field.shape) {
      case FieldShape::kLeaf:
        if (field.id) {
          leaves_.push_back(
              {*field.id, operand, in_list, field.type, bounded_.contains(*field.id)});
        }
        return;
      case FieldShape::kStruct:
        for (const ValueField& part : field.parts) {
          const std::string name = quote_literal(part.name);
          find(part, each(operand, in_list, "struct_extract({}, " + name + ")"), in_list);
        }
        return;
      case FieldShape::kList:
        if (field.parts.size() != 1) return;
        find(field.parts[0], in_list ? fmt::format("flatten({})", operand) : operand, true);
        return;
      case FieldShape::kMap:
        entries(field.parts.at(0), operand, in_list, "map_keys({})");
        entries(field.parts.at(1), operand, in_list, "map_values({})");
        return;
    }
  }

  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  // `sql` over {} of one value, or of each value of a list.
  std::string each(const std::string& operand, bool in_list, const std::string& sql) {
    if (!in_list) return replace_all(sql, "{}", operand);
    const std::string parameter = fmt::format("x{}", parameters_++);
    return fmt::format("list_transform({}, lambda {}: {})", operand, parameter,
                       replace_all(sql, "{}", parameter));
  }

  void entries(const ValueField& part, const std::string& operand, bool in_list,
               const std::string& sql) {
    const std::string found = each(operand, in_list, sql);
    find(part, in_list ? fmt::format("flatten({})", found) : found, true);
  }

  const std::set<Id>& bounded_;
  std::vector<Leaf> leaves_;
  int parameters_ = 0;
};

// The text of a value that an aggregate gave.
std::string text_sql(const Leaf& leaf, const std::string& value) {
  return leaf.type == "BLOB" ? fmt::format("hex({})", value)
                             : fmt::format("CAST({} AS VARCHAR)", value);
}

std::string list_aggregates(const Leaf& leaf) {
  std::string nans = "0";
  std::string values = leaf.sql;
  if (is_float(leaf.type)) {
    nans = fmt::format("coalesce(sum(len(list_filter({}, lambda e: isnan(e)))), 0)", leaf.sql);
    values = fmt::format("list_filter({}, lambda e: NOT isnan(e))", leaf.sql);
  }
  std::string out =
      fmt::format(", coalesce(sum(len({0}) - list_count({0})), 0), {1}", leaf.sql, nans);
  if (!leaf.has_bounds) return out + ", NULL, NULL";
  return out + fmt::format(", {}, {}", text_sql(leaf, fmt::format("min(list_min({}))", values)),
                           text_sql(leaf, fmt::format("max(list_max({}))", values)));
}

std::string plain_aggregates(const Leaf& leaf) {
  const std::string filter =
      is_float(leaf.type) ? fmt::format(" FILTER (WHERE NOT isnan({}))", leaf.sql) : "";
  const std::string nans =
      is_float(leaf.type) ? fmt::format("count(*) FILTER (WHERE isnan({}))", leaf.sql) : "0";
  std::string out = fmt::format(", count(*) - count({}), {}", leaf.sql, nans);
  if (!leaf.has_bounds) return out + ", NULL, NULL";
  return out + fmt::format(", {}, {}", text_sql(leaf, fmt::format("min({}){}", leaf.sql, filter)),
                           text_sql(leaf, fmt::format("max({}){}", leaf.sql, filter)));
}

std::uint64_t number(const std::optional<std::string>& cell) {
  return std::stoull(cell.value_or("0"));
}

}  // namespace

std::vector<Leaf> leaves_of(const std::vector<ValueField>& fields, const std::set<Id>& bounded) {
  LeafFinder finder(bounded);
  for (const ValueField& field : fields) finder.find(field, quote_identifier(field.name), false);
  return finder.take();
}

std::string aggregates(const std::vector<Leaf>& leaves) {
  std::string out;
  for (const Leaf& leaf : leaves)
    out += leaf.in_list ? list_aggregates(leaf) : plain_aggregates(leaf);
  return out;
}

FactsByColumn facts_of(const std::vector<Leaf>& leaves, const TextRow& row, std::size_t at) {
  FactsByColumn out;
  for (const Leaf& leaf : leaves) {
    ValueFacts& facts = out[leaf.id];
    facts.in_list = leaf.in_list;
    facts.type = leaf.type;
    facts.nulls = number(row.at(at));
    facts.nans = number(row.at(at + 1));
    facts.has_bounds = leaf.has_bounds;
    facts.min = row.at(at + 2);
    facts.max = row.at(at + 3);
    at += kLeafItems;
  }
  return out;
}

}  // namespace sluice::ducklake
