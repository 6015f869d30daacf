// Where bytes of lake files live: one interface over local disk, memory and S3.
//
// Keys are relative to the store's root, of UTF-8, with / between their parts and none in front. A
// key appears as a whole or not at all, and what was written is durable once the call returns.
//
// All methods may be called from several threads. Whoever implements it retries transient failures
// where the system has them (S3); a caller does not retry but for kUnknown of put_if. Errors:
// kNotFound for a key that is not there, kDenied, kTransient once retries are used up, kLimit for
// no space; every error names the object as address() does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // changes whenever the object does; only compared for equality
  std::int64_t modified_ms = 0;

  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

struct ListRequest {
  std::string prefix = {};        // of the key's text: "a/b" finds "a/b/c" and "a/bc"
  bool shallow = false;           // keys with a / behind the prefix become one entry of `folders`
  std::string start_after = {};   // only keys behind this one, in byte order
  std::string continuation = {};  // of the page before; else ""
  std::size_t keys_max = 0;       // of a page; 0: as many as the store gives at once
};

struct ListPage {
  std::vector<ObjectInfo> objects;   // in byte order of their keys
  std::vector<std::string> folders;  // ending in /, in byte order; only of a shallow list
  std::string continuation;          // "" on the last page
};

struct ReadRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string etag;  // where it is given, an object that has another one is kConflict
};

// "": the object must not be there. Else it must be the one that has this etag.
struct PutCondition {
  std::string if_match;
};

enum class PutOutcome {
  kWritten,  // ours is there
  kLost,     // the condition did not hold; nothing was written
  kUnknown,  // no answer came: it was written, or was not, or still will be
};

struct ConditionalPut {
  PutOutcome outcome = PutOutcome::kUnknown;
  std::string etag;            // of what was written
  std::optional<Error> cause;  // why it is not known
};

// An object that is written from front to back and appears when it is committed. Leaving the scope
// without commit() leaves nothing. One thread at a time.
class StoreWriter {
 public:
  virtual ~StoreWriter() = default;
  virtual Status write(std::string_view bytes) = 0;
  // Replaces what is there. After an error the object may be there or not.
  [[nodiscard]] virtual Result<ObjectInfo> commit() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // For people and errors: s3://bucket/prefix/key, /folder/key.
  virtual std::string address(std::string_view key) const = 0;

  virtual Result<ListPage> list(const ListRequest& request) = 0;
  virtual Result<ObjectInfo> head(const std::string& key) = 0;
  virtual Result<std::string> read(const std::string& key) = 0;
  // Returns: exactly `length` bytes. Errors: kInvalid where the object ends before.
  virtual Result<std::string> read_range(const std::string& key, const ReadRange& range) = 0;

  // Replaces what is there; doing it twice is doing it once. Returns: the etag.
  virtual Result<std::string> put(const std::string& key, std::string_view bytes) = 0;
  // An error says that nothing was written. Never tried again here once an answer was missed:
  // settle_put (store/settle_put.h) asks what became of it.
  virtual Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                        const PutCondition& condition) = 0;
  virtual Result<std::unique_ptr<StoreWriter>> open_writer(const std::string& key) = 0;

  // A key that is not there is no error.
  virtual Status remove(const std::string& key) = 0;
};

// All pages.
Result<ListPage> list_all(Store& store, ListRequest request);

// Errors: kInvalid for a key with an empty part, a part . or .., a NUL, or more than 1024 bytes.
Status check_key(const Store& store, std::string_view key);

}  // namespace sluice
