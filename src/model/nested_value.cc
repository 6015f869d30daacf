#include "model/nested_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace sluice {
namespace {

// The SQL for a plain value that stands in `value`; nullopt where nothing is done with its type.
using LeafSql = std::function<std::optional<std::string>(const Type&, const std::string& value)>;

bool has_leaf(const Type& type, const LeafSql& leaf) {
  if (!is_nested(type.kind)) return leaf(type, "x").has_value();
  return std::any_of(type.children.begin(), type.children.end(),
                     [&](const Type& child) { return has_leaf(child, leaf); });
}

// These texts go through fmt once more, with the column for {0}.
std::string label_sql(const std::string& label, std::string (*quote)(std::string_view)) {
  return replace_all(replace_all(quote(label), "{", "{{"), "}", "}}");
}

std::string member(const Type& type, std::size_t index, const std::string& value) {
  return fmt::format("struct_extract({}, {})", value,
                     label_sql(type.labels.at(index), &quote_literal));
}

// Lambdas within lambdas: each depth has a name of its own.
std::string variable(int depth) { return fmt::format("sluice_v{}", depth); }

std::string any_inside(const Type& type, const std::string& value, int depth, const LeafSql& leaf);

std::string any_of_list(const Type& element, const std::string& list, int depth,
                        const LeafSql& leaf) {
  return fmt::format("coalesce(len(list_filter({}, lambda {}: {})) > 0, false)", list,
                     variable(depth), any_inside(element, variable(depth), depth + 1, leaf));
}

// A condition that is true where `leaf` is true of some value inside, never NULL.
std::string any_inside(const Type& type, const std::string& value, int depth, const LeafSql& leaf) {
  std::vector<std::string> terms;
  switch (type.kind) {
    case TypeKind::kList:
    case TypeKind::kArray:
      return any_of_list(type.children.at(0), value, depth, leaf);
    case TypeKind::kStruct:
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        if (!has_leaf(type.children[i], leaf)) continue;
        terms.push_back(any_inside(type.children[i], member(type, i, value), depth, leaf));
      }
      break;
    case TypeKind::kMap:
      for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
        if (!has_leaf(type.children.at(i), leaf)) continue;
        const std::string part = fmt::format("{}({})", i == 0 ? "map_keys" : "map_values", value);
        terms.push_back(any_of_list(type.children[i], part, depth, leaf));
      }
      break;
    default:
      if (const auto sql = leaf(type, value)) {
        return fmt::format("coalesce({} IS NOT NULL AND {}, false)", value, *sql);
      }
  }
  return terms.empty() ? "false" : "(" + join(terms, " OR ") + ")";
}

// The same value with `leaf` in the place of each plain value that it is for. Map keys stay.
std::string changed_inside(const Type& type, const std::string& value, int depth,
                           const LeafSql& leaf) {
  if (!has_leaf(type, leaf)) return value;
  const auto changed_list = [&](const Type& element, const std::string& list) {
    return fmt::format("list_transform({}, lambda {}: {})", list, variable(depth),
                       changed_inside(element, variable(depth), depth + 1, leaf));
  };
  std::string changed;
  switch (type.kind) {
    case TypeKind::kList:
    case TypeKind::kArray:
      return changed_list(type.children.at(0), value);
    case TypeKind::kStruct: {
      std::vector<std::string> members;
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        members.push_back(label_sql(type.labels.at(i), &quote_identifier) + " := " +
                          changed_inside(type.children[i], member(type, i, value), depth, leaf));
      }
      changed = "struct_pack(" + join(members, ", ") + ")";
      break;
    }
    case TypeKind::kMap:
      if (!has_leaf(type.children.at(1), leaf)) return value;
      changed = fmt::format("map(map_keys({0}), {1})", value,
                            changed_list(type.children[1], fmt::format("map_values({})", value)));
      break;
    default:
      return leaf(type, value).value_or(value);
  }
  return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE {} END", value, changed);
}

const ValueCheck* find_check(const std::vector<ValueCheck>& checks, const ValueCheck& wanted) {
  const auto at = std::find_if(checks.begin(), checks.end(), [&](const ValueCheck& check) {
    return check.kind == wanted.kind && check.message == wanted.message;
  });
  return at == checks.end() ? nullptr : &*at;
}

void collect(const Type& type, const ChecksOf& checks_of, std::vector<ValueCheck>& found) {
  for (const Type& child : type.children) collect(child, checks_of, found);
  if (is_nested(type.kind)) return;
  for (ValueCheck& check : checks_of(type)) {
    if (find_check(found, check) == nullptr) found.push_back(std::move(check));
  }
}

bool in_map_key(const Type& type, const LeafSql& leaf) {
  if (type.kind == TypeKind::kMap && has_leaf(type.children.at(0), leaf)) return true;
  return std::any_of(type.children.begin(), type.children.end(),
                     [&](const Type& child) { return in_map_key(child, leaf); });
}

std::optional<Remedy> remedy_inside(const Type& type, const ChecksOf& checks_of,
                                    const ValueCheck& check, const Remedy& remedy) {
  if (remedy.type) return std::nullopt;
  const LeafSql leaf = [&](const Type& plain,
                           const std::string& value) -> std::optional<std::string> {
    const std::vector<ValueCheck> checks = checks_of(plain);
    const ValueCheck* const own = find_check(checks, check);
    if (own == nullptr) return std::nullopt;
    for (const Remedy& same : own->remedies) {
      if (same.reason == remedy.reason) return replace_all(same.sql, "{0}", value);
    }
    return std::nullopt;
  };
  if (in_map_key(type, leaf)) return std::nullopt;
  return Remedy{remedy.reason, changed_inside(type, "{0}", 0, leaf), std::nullopt};
}

}  // namespace

std::vector<ValueCheck> checks_inside(const Type& type, const ChecksOf& checks_of) {
  std::vector<ValueCheck> found;
  collect(type, checks_of, found);
  std::vector<ValueCheck> out;
  for (const ValueCheck& check : found) {
    const auto leaf = [&](std::string ValueCheck::*sql) -> LeafSql {
      return [&, sql](const Type& plain, const std::string& value) -> std::optional<std::string> {
        const std::vector<ValueCheck> checks = checks_of(plain);
        const ValueCheck* const own = find_check(checks, check);
        if (own == nullptr) return std::nullopt;
        return replace_all(own->*sql, "{0}", value);
      };
    };
    ValueCheck& lifted = out.emplace_back();
    lifted.kind = check.kind;
    lifted.message = check.message;
    lifted.predicate_sql = any_inside(type, "{0}", 0, leaf(&ValueCheck::predicate_sql));
    if (!check.beside_sql.empty()) {
      lifted.beside_sql = any_inside(type, "{0}", 0, leaf(&ValueCheck::beside_sql));
    }
    for (const Remedy& remedy : check.remedies) {
      auto inside = remedy_inside(type, checks_of, check, remedy);
      if (inside) lifted.remedies.push_back(std::move(*inside));
    }
    lifted.remedies.push_back(text_remedy());
    lifted.remedies.push_back(json_remedy(type));
  }
  return out;
}

namespace {

std::optional<std::string> json_float(const Type& plain, const std::string& value) {
  if (plain.kind != TypeKind::kFloat32 && plain.kind != TypeKind::kFloat64) return std::nullopt;
  return fmt::format(
      "CASE WHEN isfinite({0}) THEN to_json({0}) WHEN isnan({0}) THEN to_json('NaN') "
      "WHEN {0} > 0 THEN to_json('Infinity') WHEN {0} < 0 THEN to_json('-Infinity') END",
      value);
}

std::string json_sql(const Type& type, const LeafSql& leaf) {
  return "CAST(to_json(" + changed_inside(type, "{0}", 0, leaf) + ") AS VARCHAR)";
}

}  // namespace

std::string json_text_sql(const Type& type) { return json_sql(type, json_float); }

std::string json_shown_sql(const Type& type) {
  const LeafSql leaf = [](const Type& plain,
                          const std::string& value) -> std::optional<std::string> {
    const bool is_exact = plain.kind == TypeKind::kDecimal && plain.precision > 15;
    if (is_exact) return fmt::format("to_json(CAST({} AS VARCHAR))", value);
    if (is_integer(plain.kind)) {
      return fmt::format(
          "CASE WHEN {0} BETWEEN -999999999999999 AND 999999999999999 THEN to_json({0}) WHEN {0} "
          "IS NOT NULL THEN to_json(CAST({0} AS VARCHAR)) END",
          value);
    }
    return json_float(plain, value);
  };
  return json_sql(type, leaf);
}

}  // namespace sluice
