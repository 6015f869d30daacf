#include "endpoint/postgres/type_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "endpoint/postgres/text_read.h"

namespace sluice::postgres {
namespace {

constexpr std::uint32_t kFirstMadeOid = 16384;  // FirstNormalObjectId: below it is the server's own
constexpr int kMoneyDigits = 19;
constexpr std::string_view kGeometryExtension = "extension postgis";

// Their text names objects of the database, or is no input of the type.
constexpr std::array<std::string_view, 8> kBound = {
    "aclitem",     "gtsvector",    "pg_brin_bloom_summary",        "pg_dependencies",
    "pg_mcv_list", "pg_ndistinct", "pg_brin_minmax_multi_summary", "pg_node_tree"};

bool names_objects(const std::string& name) {
  return name.starts_with("reg") || std::find(kBound.begin(), kBound.end(), name) != kBound.end();
}

// A text[] of texts; empty for NULL.
std::vector<std::string> texts(const Rows& rows, int row, int column) {
  std::vector<std::optional<std::string>> items;
  std::vector<std::string> out;
  if (rows.is_null(row, column) || !parse_array(rows.text(row, column), items)) return out;
  for (const auto& item : items) out.push_back(item.value_or(""));
  return out;
}

template <typename T>
std::vector<T> numbers(const Rows& rows, int row, int column) {
  std::vector<T> out;
  for (const std::string& text : texts(rows, row, column)) {
    T value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    out.push_back(value);
  }
  return out;
}

std::int32_t numeric_typmod(int precision, int scale) {
  static constexpr int kHeader = 4;
  return ((precision << 16) | scale) + kHeader;
}

}  // namespace

TypeCatalog::TypeCatalog(const Rows& rows) {
  for (int row = 0; row < rows.size(); ++row) {
    Entry& entry = entries_[static_cast<std::uint32_t>(rows.number(row, 0))];
    entry.name = rows.text(row, 1);
    entry.kind = rows.text(row, 2).at(0);
    entry.element = static_cast<std::uint32_t>(rows.number(row, 3));
    entry.base = static_cast<std::uint32_t>(rows.number(row, 4));
    entry.base_typmod = static_cast<std::int32_t>(rows.number(row, 5));
    entry.labels = texts(rows, row, 6);
    entry.field_names = texts(rows, row, 7);
    entry.field_oids = numbers<std::uint32_t>(rows, row, 8);
    entry.field_typmods = numbers<std::int32_t>(rows, row, 9);
    entry.field_types = texts(rows, row, 10);
    entry.detail = rows.text(row, 11);
    entry.schema = rows.text(row, 12);
    entry.bare_name = rows.text(row, 13);
    entry.has_text_cast = rows.boolean(row, 14);
  }
}

const TypeCatalog::Entry* TypeCatalog::find(std::uint32_t oid) const {
  const auto at = entries_.find(oid);
  return at == entries_.end() ? nullptr : &at->second;
}

NativeType TypeCatalog::native(std::uint32_t oid, std::int32_t typmod, std::string name) const {
  NativeType out;
  out.oid = oid;
  out.typmod = typmod;
  out.name = std::move(name);
  out.base = out.name;
  const Entry* entry = find(oid);
  if (entry == nullptr) {
    out.names_objects = true;  // a row type of the server's own tables
    return out;
  }
  if (entry->kind == 'd') {
    return native(entry->base, typmod != -1 ? typmod : entry->base_typmod, std::move(out.name));
  }
  if (entry->element != 0) {
    out = native(entry->element, typmod, out.name);
    // An array in an array, which a domain makes possible, has no kind: its elements are texts.
    if (out.is_array) {
      NativeType whole;
      whole.name = whole.base = out.name;
      whole.oid = entry->element;
      whole.definition = definition(entry->element);
      out = std::move(whole);
    }
    out.is_array = true;
    return out;
  }
  out.base = entry->name;
  out.definition = definition(oid);
  out.has_text_cast = entry->has_text_cast;
  out.is_enum = entry->kind == 'e';
  out.labels = entry->labels;
  out.names_objects = oid < kFirstMadeOid && names_objects(entry->name);
  if (oid == kOidMoney) {
    int scale = 0;
    std::from_chars(entry->detail.data(), entry->detail.data() + entry->detail.size(), scale);
    out.typmod = numeric_typmod(kMoneyDigits, scale);
  }
  if (entry->detail == kGeometryExtension && entry->bare_name == "geometry") {
    out.geometry_schema = entry->schema;
  }
  out.field_names = entry->field_names;
  for (std::size_t i = 0; i < entry->field_oids.size(); ++i) {
    out.fields.push_back(
        native(entry->field_oids[i], entry->field_typmods.at(i), entry->field_types.at(i)));
  }
  return out;
}

std::string TypeCatalog::definition(std::uint32_t oid) const {
  const Entry* entry = find(oid);
  if (entry == nullptr) return "";
  if (oid == kOidMoney) return "money with " + entry->detail;
  if (oid < kFirstMadeOid) return "";
  if (entry->element != 0) return definition(entry->element);
  std::vector<std::string> parts;
  switch (entry->kind) {
    case 'e':
      for (const std::string& label : entry->labels) parts.push_back(quote_literal(label));
      return "enum (" + join(parts, ", ") + ")";
    case 'c':
      for (std::size_t i = 0; i < entry->field_oids.size(); ++i) {
        parts.push_back(quote_identifier(entry->field_names.at(i)) + " " +
                        entry->field_types.at(i));
        const std::string made_of = definition(entry->field_oids[i]);
        if (!made_of.empty()) parts.back() += " = " + made_of;
      }
      return "composite (" + join(parts, ", ") + ")";
    case 'd':
      return fmt::format("domain over {} {}", entry->base < kFirstMadeOid ? entry->base : 0,
                         definition(entry->base));
    default:
      return entry->detail.empty() ? "base type" : entry->detail;
  }
}

std::map<std::string, std::string> TypeCatalog::definitions() const {
  std::map<std::string, std::string> out;
  for (const auto& [oid, entry] : entries_) {
    if (entry.element != 0) continue;
    std::string made_of = definition(oid);
    if (!made_of.empty()) out[entry.name] = std::move(made_of);
  }
  return out;
}

}  // namespace sluice::postgres
