// Messages into streams, many under way at one time.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "client/nats/connection.h"

namespace sluice::nats {

class Publisher {
 public:
  static Result<Publisher> open(Connection& connection);

  // Sent, and not stored yet. `id`: two messages with one id are one, for as long as the stream
  // remembers.
  Status publish(const std::string& subject, std::string_view data,
                 const std::vector<std::pair<std::string, std::string>>& headers,
                 const std::string& id);
  // That all that was published is stored. Errors: kTransient where that is not known of some.
  Status complete();

 private:
  struct Failures {
    std::atomic<int> count{0};
    std::atomic<int> code{0};
  };
  static void note_failure(jsCtx* jetstream, jsPubAckErr* error, void* closure);

  // Outlives the handle, whose thread writes to it.
  std::unique_ptr<Failures> failures_;
  UniqueHandle<jsCtx*, jsCtx_Destroy> jetstream_;
};

}  // namespace sluice::nats
