#include "verify/reconcile.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice {
namespace {

// Types whose canonical bytes have one form.
enum class Form {
  kBoolean,
  kNumber,
  kFloat,
  kText,
  kBlob,
  kDate,
  kTime,
  kTimeTz,
  kTimestamp,
  kTimestampTz,
  kInterval,
  kUuid,
  kBit,
  kList,
  kStruct,
  kMap,
  kUnion,
  kGeometry,
  kOther
};

Form form_of(TypeKind kind) {
  if (is_integer(kind)) return Form::kNumber;
  switch (kind) {
    case TypeKind::kBoolean:
      return Form::kBoolean;
    case TypeKind::kDecimal:
    case TypeKind::kNumeric:
    case TypeKind::kBigInt:
      return Form::kNumber;
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return Form::kFloat;
    case TypeKind::kText:
    case TypeKind::kJson:
    case TypeKind::kEnum:
      return Form::kText;
    case TypeKind::kBlob:
      return Form::kBlob;
    case TypeKind::kDate:
      return Form::kDate;
    case TypeKind::kTime:
    case TypeKind::kTimeNs:
      return Form::kTime;
    case TypeKind::kTimeTz:
      return Form::kTimeTz;
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
      return Form::kTimestamp;
    case TypeKind::kTimestampTz:
      return Form::kTimestampTz;
    case TypeKind::kInterval:
      return Form::kInterval;
    case TypeKind::kUuid:
      return Form::kUuid;
    case TypeKind::kBit:
      return Form::kBit;
    case TypeKind::kList:
    case TypeKind::kArray:
      return Form::kList;
    case TypeKind::kStruct:
      return Form::kStruct;
    case TypeKind::kMap:
      return Form::kMap;
    case TypeKind::kUnion:
      return Form::kUnion;
    case TypeKind::kGeometry:
      return Form::kGeometry;
    default:
      return Form::kOther;
  }
}

std::string beside_float_sql(TypeKind float_kind) {
  return fmt::format("sluice_number_beside_{}(CAST({{0}} AS VARCHAR))",
                     float_kind == TypeKind::kFloat32 ? "float" : "double");
}

std::string boolean_as_float_sql(TypeKind float_kind) {
  return float_kind == TypeKind::kFloat32 ? "CAST({0} AS FLOAT)" : "CAST({0} AS DOUBLE)";
}

constexpr const char* kBooleanAsNumber = "CAST({0} AS TINYINT)";
constexpr const char* kDateAsTimestamp = "CAST({0} AS TIMESTAMP)";
constexpr const char* kAsText = "CAST({0} AS VARCHAR)";

constexpr const char* kOneNumberText = "sluice_number(CAST({0} AS VARCHAR))";

bool is_number(Form form) { return form == Form::kNumber || form == Form::kFloat; }

// How values of `from` are compared with values of `other`, where that is `from`'s side to change;
// "" where there is no rule in this direction.
std::string one_sided_sql(const Type& from, const Type& other) {
  const Form form = form_of(from.kind);
  const Form target = form_of(other.kind);
  if (form == Form::kBoolean && target == Form::kFloat) return boolean_as_float_sql(other.kind);
  if (form == Form::kBoolean && target == Form::kNumber) return kBooleanAsNumber;
  if (form == Form::kDate && target == Form::kTimestamp) return kDateAsTimestamp;
  return "";
}

std::string guarded_cast_sql(const std::string& wanted, const std::string& found) {
  return fmt::format(
      "CASE WHEN CAST(CAST({{0}} AS {0}) AS {1}) IS NOT DISTINCT FROM {{0}} THEN CAST({{0}} AS "
      "{0}) "
      "ELSE CAST(error('a value is not a ' || {2}) AS {0}) END",
      wanted, found, quote_literal(wanted));
}

}  // namespace

bool share_canonical_bytes(const Type& a, const Type& b) {
  const Form form = form_of(a.kind);
  if (form != form_of(b.kind) || form == Form::kOther) return false;
  if (a.children.size() != b.children.size()) return false;
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    if (!share_canonical_bytes(a.children[i], b.children[i])) return false;
    const bool named = form == Form::kStruct || form == Form::kUnion;
    if (named && to_lower(a.labels[i]) != to_lower(b.labels[i])) return false;
  }
  return true;
}

Reconciled reconcile(const Type& source, const Type& target) {
  Reconciled out;
  if (share_canonical_bytes(source, target)) return out;
  const std::string types = fmt::format("{} and {}", to_string(source), to_string(target));
  const Form a = form_of(source.kind);
  const Form b = form_of(target.kind);
  if ((a == Form::kBlob && b == Form::kText) || (a == Form::kText && b == Form::kBlob)) {
    out.note = types + " never compare equal: bytes are not text";
    return out;
  }
  if ((a == Form::kNumber && b == Form::kFloat) || (a == Form::kFloat && b == Form::kNumber)) {
    out.source_sql = beside_float_sql(a == Form::kFloat ? source.kind : target.kind);
    out.target_sql = out.source_sql;
    out.note =
        fmt::format("{} are compared as floats, and as numbers where no float equals them", types);
    return out;
  }
  const bool number_and_text =
      (is_number(a) && b == Form::kText) || (a == Form::kText && is_number(b));
  if (number_and_text) {
    out.source_sql = out.target_sql = kOneNumberText;
    out.note = types + " are compared as text, and as numbers where the text is one";
    return out;
  }
  if (std::string sql = one_sided_sql(source, target); !sql.empty()) {
    out.source_sql = std::move(sql);
    out.note = fmt::format("{} are compared as {}", types, to_string(target));
    return out;
  }
  if (std::string sql = one_sided_sql(target, source); !sql.empty()) {
    out.target_sql = std::move(sql);
    out.note = fmt::format("{} are compared as {}", types, to_string(source));
    return out;
  }
  out.source_sql = kAsText;
  out.target_sql = kAsText;
  out.note = types + " are compared as text";
  return out;
}

std::string read_as_sql(const Type& wanted, const Type& found) {
  if (share_canonical_bytes(wanted, found)) return "{0}";
  const Result<std::string> wanted_sql = engine_type_sql(wanted);
  const Result<std::string> found_sql = engine_type_sql(found);
  if (!wanted_sql || !found_sql) return "{0}";
  // Text is read as what it says; two spellings of one value are that value.
  if (form_of(found.kind) == Form::kText) return fmt::format("CAST({{0}} AS {})", *wanted_sql);
  return guarded_cast_sql(*wanted_sql, *found_sql);
}

std::string over_column(const std::string& sql, const std::string& column) {
  return replace_all(sql, "{0}", quote_identifier(column));
}

}  // namespace sluice
