// Data of one schema read as another one ("Schema Resolution"): promotions, fields that were added,
// dropped, reordered or renamed by an alias, unions, enums.
#pragma once

#include "base/result.h"
#include "format/avro/datum.h"

namespace sluice::avro {

// Errors: kInvalid where no value of `writer` is one of `reader`, kCorrupt for damaged data and for
// a value that the reader's schema has no place for.
Result<Datum> read_resolved(Decoder& decoder, const Schema& writer, const Schema& reader);

}  // namespace sluice::avro
