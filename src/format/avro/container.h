// Object container files ("Object Container Files"): a header with the schema, then blocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/avro/codec.h"
#include "format/avro/schema.h"

namespace sluice::avro {

using FileMetadata = std::map<std::string, std::string>;

class ContainerReader {
 public:
  // `bytes` is the whole file and outlives the reader; `name` is for messages. Errors: kCorrupt,
  // kUnsupported for a codec.
  static Result<ContainerReader> open(std::string_view bytes, std::string name);

  const Schema& schema() const { return schema_; }
  const FileMetadata& metadata() const { return metadata_; }
  // nullptr where there is none.
  const std::string* find(const std::string& key) const;

  struct Block {
    std::int64_t objects = 0;
    std::string bytes;  // decompressed
  };
  // False at the end of the file. Errors: kCorrupt naming the file and the block's place.
  Result<bool> next(Block& block);
  // An error of a block's data with the file and the block named before it.
  Error placed(Error error) const;

 private:
  std::string_view bytes_;
  std::string name_;
  Schema schema_;
  FileMetadata metadata_;
  Codec codec_ = Codec::kNull;
  std::string_view sync_;
  std::size_t at_ = 0;
  std::size_t block_at_ = 0;
};

class ContainerWriter {
 public:
  ContainerWriter(const Schema& schema, Codec codec, FileMetadata metadata);

  // One object as Encoder or write_datum wrote it.
  void append(std::string_view object);
  // The file. Its marker is made of its content, so that the same objects are the same bytes.
  std::string finish();

 private:
  void end_block();

  Codec codec_;
  std::string header_;
  std::string pending_;
  std::int64_t pending_objects_ = 0;
  struct Packed {
    std::int64_t objects;
    std::string bytes;
  };
  std::vector<Packed> blocks_;
};

}  // namespace sluice::avro
