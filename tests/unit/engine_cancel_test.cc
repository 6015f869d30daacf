// A query that is interrupted fails as cancelled, wherever the interrupt finds it.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "engine/engine.h"

namespace sluice {
namespace {

constexpr const char* kEndless = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 8";
constexpr const char* kEndlessStream = "SELECT i FROM range(1000000000000) t(i)";

class InterruptedQuery : public ::testing::Test {
 protected:
  void SetUp() override {
    Engine::Options options;
    options.cancel = &cancel_;
    auto engine = Engine::open(options);
    ASSERT_TRUE(engine);
    engine_ = std::move(*engine);
    auto connection = engine_->connect();
    ASSERT_TRUE(connection);
    connection_ = std::move(*connection);
  }
  std::thread request_later(std::chrono::milliseconds wait) {
    return std::thread([this, wait] {
      std::this_thread::sleep_for(wait);
      cancel_.request();
    });
  }

  CancelToken cancel_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineConnection> connection_;
};

TEST_F(InterruptedQuery, ThatRunsIsCancelled) {
  std::thread later = request_later(std::chrono::milliseconds(50));
  const Status status = connection_->execute(kEndless);
  later.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kCancelled) << status.error().message;
}

TEST_F(InterruptedQuery, ThatStreamsIsCancelled) {
  std::thread later = request_later(std::chrono::milliseconds(50));
  const Status status = connection_->stream(kEndlessStream, [](const Batch&) { return Status{}; });
  later.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kCancelled) << status.error().message;
}

TEST_F(InterruptedQuery, ThatWaitsBetweenTwoBatchesIsCancelled) {
  const Status status = connection_->stream(kEndlessStream, [this](const Batch&) {
    cancel_.request();
    std::this_thread::sleep_for(std::chrono::milliseconds(60));  // the interrupt comes meanwhile
    return Status{};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kCancelled) << status.error().message;
}

TEST_F(InterruptedQuery, ThatStartsAfterwardsIsCancelled) {
  cancel_.request();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  const Status status = connection_->execute(kEndless);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kCancelled) << status.error().message;
}

}  // namespace
}  // namespace sluice
