// A writer of S3: one put for little, a multipart upload for more.
//
// An upload is created with a mark of its own (x-amz-meta-sluice-upload), by which a completion
// whose answer was missed is recognised: a second try of it says NoSuchUpload whether the first one
// landed or not. Parts grow with their number, so that 10,000 of them, S3's most, hold 5 TiB.
#pragma once

#include <memory>
#include <string>

#include "store/s3_client.h"
#include "store/store.h"

namespace sluice {

struct S3WriterOptions {
  std::shared_ptr<const S3Client> client;
  std::string key;       // as the caller calls it
  std::string full_key;  // in the bucket
  std::uint64_t part_bytes = 0;
  int parts_in_flight = 1;
};

std::unique_ptr<StoreWriter> make_s3_writer(S3WriterOptions options);

}  // namespace sluice
