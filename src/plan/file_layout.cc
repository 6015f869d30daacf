#include "plan/file_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "model/bucket_input.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 4> kTransforms = {"year", "month", "day", "hour"};

struct Typed {
  std::string option;  // "--partition", "--sort"
  std::string text;    // as it was typed
  std::string table;   // "": all
  std::vector<std::string> items;
};

std::unexpected<Error> invalid(const Typed& typed, const std::string& what) {
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("{} \"{}\": {}", typed.option, typed.text, what))
          .about(typed.text)
          .advise(typed.option == "--sort"
                      ? "for example --sort 'readings:device,taken_at desc'"
                      : "for example --partition 'readings:month(taken_at),device'"));
}

// At commas: "month(at), bucket(16, device)" has two parts.
std::vector<std::string> split_outside_brackets(const std::string& text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

Result<Typed> take_apart(const std::string& option, const std::string& text) {
  Typed out{option, text, "", {}};
  const std::size_t colon = text.find(':');
  std::string fields = text;
  if (colon != std::string::npos) {
    out.table = trim(text.substr(0, colon));
    fields = text.substr(colon + 1);
  }
  for (const std::string& item : split_outside_brackets(fields)) out.items.emplace_back(trim(item));
  const bool any_empty = std::any_of(out.items.begin(), out.items.end(),
                                     [](const std::string& item) { return item.empty(); });
  if (out.items.empty() || any_empty) return invalid(out, "a column is missing");
  return out;
}

Result<PartitionField> partition_field(const Typed& typed, const std::string& item) {
  const std::size_t open = item.find('(');
  if (open == std::string::npos) return PartitionField{item, "identity"};
  const std::string transform = to_lower(trim(item.substr(0, open)));
  const bool is_bucket = transform == "bucket";
  const bool known = is_bucket || std::find(kTransforms.begin(), kTransforms.end(), transform) !=
                                      kTransforms.end();
  if (!known || !item.ends_with(')')) {
    return invalid(typed, fmt::format("\"{}\" is none of COLUMN, year(COLUMN), month(COLUMN), "
                                      "day(COLUMN), hour(COLUMN) and bucket(N, COLUMN)",
                                      item));
  }
  const std::string inside(trim(item.substr(open + 1, item.size() - open - 2)));
  if (!is_bucket) return PartitionField{inside, transform};
  const std::size_t comma = inside.find(',');
  const std::string_view digits = trim(std::string_view(inside).substr(0, comma));
  std::int32_t count = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_count = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  if (comma == std::string::npos || !is_count || count < 1) {
    return invalid(typed, fmt::format("\"{}\" is not bucket(N, COLUMN) with a whole number N from "
                                      "1 to {}",
                                      item, std::numeric_limits<std::int32_t>::max()));
  }
  return PartitionField{std::string(trim(inside.substr(comma + 1))),
                        fmt::format("bucket({})", count)};
}

SortField sort_field(const std::string& item) {
  const std::string lower = to_lower(item);
  for (const std::string_view ending : {" desc", " asc"}) {
    if (!lower.ends_with(ending)) continue;
    return {std::string(trim(item.substr(0, item.size() - ending.size()))), ending == " desc"};
  }
  return {item, false};
}

// The table's column of that name, in the table's own spelling; null where there is none.
const TargetColumn* find_column(const TargetTable& table, const std::string& name) {
  const auto at =
      std::find_if(table.columns.begin(), table.columns.end(),
                   [&](const TargetColumn& c) { return to_lower(c.name) == to_lower(name); });
  return at == table.columns.end() ? nullptr : &*at;
}

bool is_time(const Type& type) {
  switch (type.kind) {
    case TypeKind::kDate:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return true;
    default:
      return false;
  }
}

bool can_part(const PartitionField& field, const Type& type) {
  if (field.transform == "identity") return true;
  if (!field.transform.starts_with("bucket")) return is_time(type);
  return bucket_input(type) != BucketInput::kNone;
}

// "id, id" or "bucket(2, id), bucket(3, id)": the names of such fields would be the same.
Status check_twice(const Typed& typed, const std::vector<PartitionField>& fields) {
  const auto is_same = [](const PartitionField& a, const PartitionField& b) {
    return to_lower(a.column) == to_lower(b.column) &&
           a.transform.substr(0, a.transform.find('(')) ==
               b.transform.substr(0, b.transform.find('('));
  };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::size_t other = 0; other < i; ++other) {
      if (!is_same(fields[i], fields[other])) continue;
      return invalid(typed, fmt::format("column \"{}\" is there twice", fields[i].column));
    }
  }
  return {};
}

// Gives each table that is meant its fields. Errors: kInvalid for a column of another kind.
template <typename Field>
Status give(const Typed& typed, const std::vector<Field>& fields, Plan& plan,
            std::vector<Field> TargetTable::*place) {
  bool any = false;
  for (TablePlan& table : plan.tables) {
    const std::string name = table.target.name.display();
    if (!typed.table.empty() && !matches_glob(table.target.name.name, typed.table) &&
        !matches_glob(name, typed.table)) {
      continue;
    }
    std::vector<Field> own = fields;
    std::string missing;
    for (Field& field : own) {
      const TargetColumn* const column = find_column(table.target, field.column);
      if (column == nullptr && missing.empty()) missing = field.column;
      if (column == nullptr) continue;
      field.column = column->name;
      if constexpr (std::is_same_v<Field, PartitionField>) {
        if (!can_part(field, column->type)) {
          return invalid(typed,
                         fmt::format("column \"{}\" of table \"{}\" is {}, which has no {}",
                                     column->name, name, to_string(column->type), field.transform));
        }
        if (is_nested(column->type.kind)) {
          return invalid(typed, fmt::format("column \"{}\" of table \"{}\" is {}", column->name,
                                            name, to_string(column->type)));
        }
      }
    }
    if (!missing.empty() && typed.table.empty()) continue;
    if (!missing.empty()) {
      return invalid(typed, fmt::format("table \"{}\" has no column \"{}\"", name, missing));
    }
    table.target.*place = std::move(own);
    any = true;
  }
  if (any) return {};
  return invalid(typed, typed.table.empty() ? "no table has these columns"
                                            : fmt::format("there is no table \"{}\"", typed.table));
}

Status check_transform(const Capabilities& can, const std::string& item,
                       const PartitionField& field) {
  if (can.partition_transforms || field.transform == "identity") return {};
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("--partition \"{}\": {} parts files by columns alone", item, can.name))
          .about(item)
          .advise("part by a column, or add one with that value to the source"));
}

}  // namespace

Status plan_file_layout(const PlanInput& input, Plan& plan) {
  if (input.partition.empty() && input.sort.empty()) return {};
  if (!input.target_capabilities.partitions) {
    const std::string option = input.partition.empty() ? "--sort" : "--partition";
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("{}: {} keeps no files that could be parted or sorted", option,
                                  input.target_capabilities.name))
                    .about(option));
  }
  for (const std::string& text : input.partition) {
    TRY_ASSIGN(const Typed typed, take_apart("--partition", text));
    std::vector<PartitionField> fields;
    for (const std::string& item : typed.items) {
      TRY_ASSIGN(PartitionField field, partition_field(typed, item));
      TRY(check_transform(input.target_capabilities, item, field));
      fields.push_back(std::move(field));
    }
    TRY(check_twice(typed, fields));
    TRY(give(typed, fields, plan, &TargetTable::partition));
  }
  for (const std::string& text : input.sort) {
    TRY_ASSIGN(const Typed typed, take_apart("--sort", text));
    std::vector<SortField> fields;
    for (const std::string& item : typed.items) fields.push_back(sort_field(item));
    TRY(give(typed, fields, plan, &TargetTable::sort));
  }
  return {};
}

}  // namespace sluice
