// Private to model/: the tags of the canonical bytes (docs/formats/digest.md, "Values").
#pragma once

namespace sluice {

enum CanonicalTag : char {
  kTagNull = 0,
  kTagBoolean = 1,
  kTagNumber = 2,
  kTagNumberSpecial = 3,
  kTagFloat = 4,
  kTagText = 5,
  kTagBlob = 6,
  kTagDate = 7,
  kTagTime = 8,
  kTagTimeTz = 9,
  kTagTimestamp = 10,
  kTagTimestampTz = 11,
  kTagInterval = 12,
  kTagUuid = 13,
  kTagBit = 14,
  kTagList = 15,
  kTagStruct = 16,
  kTagMap = 17,
  kTagUnion = 18,
  kTagGeometry = 19,
  kTagOther = 20,
};

}  // namespace sluice
