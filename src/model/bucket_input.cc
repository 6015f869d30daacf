#include "model/bucket_input.h"

namespace sluice {

BucketInput bucket_input(const Type& type) {
  static constexpr int kDigitsOf8Bytes = 18;
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return BucketInput::kValue;
    case TypeKind::kDecimal:
      return type.precision <= kDigitsOf8Bytes ? BucketInput::kValue : BucketInput::kText;
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
    case TypeKind::kUInt32:
    case TypeKind::kUInt64:
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJson:
      return BucketInput::kText;
    default:
      return BucketInput::kNone;
  }
}

}  // namespace sluice
