#include "endpoint/postgres/usual_read.h"

namespace sluice::postgres {
namespace {

Usual where_kind_is(TypeKind kind, const Type& type, Usual usual) {
  return type.kind == kind ? usual : Usual::kNone;
}

// The engine keeps fewer digits than these in 32 bits, and more in 128.
bool is_narrow_decimal(const Type& type) {
  static constexpr int kPrecisionMin = 10;
  static constexpr int kPrecisionMax = 18;
  return type.kind == TypeKind::kDecimal && type.precision >= kPrecisionMin &&
         type.precision <= kPrecisionMax;
}

}  // namespace

Usual usual_text(bool check_utf8) { return check_utf8 ? Usual::kCheckedText : Usual::kText; }

Usual usual_of(const Type& type, Wire wire, bool check_utf8) {
  switch (wire) {
    case Wire::kBool:
      return Usual::kBool;
    case Wire::kInt2:
      return where_kind_is(TypeKind::kInt16, type, Usual::kInt16);
    case Wire::kInt4:
      return where_kind_is(TypeKind::kInt32, type, Usual::kInt32);
    case Wire::kInt8:
      return where_kind_is(TypeKind::kInt64, type, Usual::kInt64);
    case Wire::kFloat4:
      return Usual::kFloat32;
    case Wire::kFloat8:
      return Usual::kFloat64;
    case Wire::kNumeric:
      return is_narrow_decimal(type) ? Usual::kNarrowDecimal : Usual::kNone;
    case Wire::kBytes:
      return usual_text(check_utf8 && type.kind != TypeKind::kBlob &&
                        type.kind != TypeKind::kGeometry);
    case Wire::kDate:
      return Usual::kDate;
    case Wire::kTime:
      return Usual::kTime;
    case Wire::kTimestamp:
      return Usual::kTimestamp;
    default:
      return Usual::kNone;
  }
}

}  // namespace sluice::postgres
