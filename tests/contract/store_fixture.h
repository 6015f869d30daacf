// The stores that the contract is tried on: local disk, memory, S3, and S3 under each fault.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "store/faulty_transport.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store/s3_store.h"

namespace sluice {

inline std::string test_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

inline S3Settings s3_test_settings() {
  S3Settings settings;
  settings.endpoint = test_variable("SLUICE_TEST_S3");
  settings.access_key_id = test_variable("SLUICE_TEST_S3_KEY_ID");
  settings.secret_access_key = Secret(test_variable("SLUICE_TEST_S3_SECRET"));
  settings.keys_found_in = "the test";
  return settings;
}

inline S3Place s3_test_place() {
  return {test_variable("SLUICE_TEST_S3_BUCKET"), "contract/" + make_ulid()};
}

// The least that S3 takes, so that a writer's parts cost little.
inline S3StoreOptions s3_test_options() {
  S3StoreOptions options;
  options.part_bytes = std::uint64_t{5} << 20U;
  options.retry.wait_base_ms = 1;
  return options;
}

struct StoreCase {
  std::string name;
  const char* endpoint = "";       // of S3: the variable that names it
  std::optional<HttpFault> fault;  // of the transport

  bool has_faults() const {
    return fault || (*endpoint != 0 && std::string_view(endpoint) != "SLUICE_TEST_S3");
  }
};

// Of every few requests one fails: a run of tries that all meet the fault would be no fault of the
// store's.
constexpr int kFaultEvery = 3;

class StoreContract : public testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override {
    const StoreCase& which = GetParam();
    if (which.name == "memory") {
      store_ = std::make_shared<MemoryStore>();
    } else if (which.name == "local") {
      folder_ = std::filesystem::temp_directory_path() / ("sluice-store-" + make_ulid());
      store_ = std::make_shared<LocalStore>(folder_);
    } else {
      open_s3(which);
    }
  }

  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
    if (faulty_ != nullptr) {
      EXPECT_GT(faulty_->faults(), 0) << "the test met no fault";
    }
  }

  // The bytes, or the error as text.
  std::string read(const std::string& key) {
    const auto bytes = store_->read(key);
    return bytes ? *bytes : "error: " + bytes.error().message;
  }

  std::shared_ptr<Store> store_;

 private:
  void open_s3(const StoreCase& which) {
    S3Settings settings = s3_test_settings();
    settings.endpoint = test_variable(which.endpoint);
    if (settings.endpoint.empty()) {
      GTEST_SKIP() << "no S3 server: " << which.endpoint
                   << " is not set (tests/support/with_postgres.py)";
    }
    std::shared_ptr<HttpTransport> transport = make_http_transport({});
    if (which.fault) {
      faulty_ = std::make_shared<FaultyTransport>(transport, *which.fault, kFaultEvery);
      transport = faulty_;
    }
    store_ = std::make_shared<S3Store>(std::move(settings), s3_test_place(), transport,
                                       s3_test_options());
  }

  std::filesystem::path folder_;
  std::shared_ptr<FaultyTransport> faulty_;
};

}  // namespace sluice
