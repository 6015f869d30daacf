// A bucket, or a part of one, as a store. Requests that fail for a moment are tried again
// (store/retry.h), but for a conditional put that may have happened.
#pragma once

#include <memory>
#include <string>

#include "model/s3_place.h"
#include "store/s3_client.h"
#include "store/store.h"

namespace sluice {

struct S3StoreOptions {
  // A writer's bytes up to this size are one put, more are parts of it: 5 MiB to 5 GiB.
  std::uint64_t part_bytes = std::uint64_t{8} << 20U;
  int parts_in_flight = 4;  // of a writer: it holds up to this many parts in memory, and one more
  RetryPolicy retry;
};

class S3Store : public Store {
 public:
  // Requires: settings.has_keys(). Asks the server nothing.
  S3Store(S3Settings settings, S3Place place, std::shared_ptr<HttpTransport> transport,
          S3StoreOptions options);

  std::string address(std::string_view key) const override;
  Result<ListPage> list(const ListRequest& request) override;
  Result<ObjectInfo> head(const std::string& key) override;
  Result<std::string> read(const std::string& key) override;
  Result<std::string> read_range(const std::string& key, const ReadRange& range) override;
  Result<std::string> put(const std::string& key, std::string_view bytes) override;
  Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) override;
  // Parts of an upload that was not ended (a process that was killed) stay in the bucket unseen,
  // and are paid for: a rule AbortIncompleteMultipartUpload of the bucket's lifecycle takes them
  // away.
  Result<std::unique_ptr<StoreWriter>> open_writer(const std::string& key) override;
  Status remove(const std::string& key) override;

 private:
  std::string full(const std::string& key) const { return root_ + key; }

  std::shared_ptr<const S3Client> client_;
  std::string root_;  // "" or ends in /
  S3StoreOptions options_;
};

}  // namespace sluice
