// What follow is asked to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sluice {

// NATS servers and who one is to them, as far as the URL and the environment do not say.
struct NatsOptions {
  std::string servers;                // nats://HOST:PORT, with commas; nats://embedded[:PORT]
  std::filesystem::path credentials;  // a file of a JWT and its seed
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct FollowOptions {
  NatsOptions source;
  std::string target;  // a DuckDB file, a DuckLake or a PostgreSQL
  std::string table;   // "t" or "schema.t"; made where it is not there
  std::string stream;
  std::vector<std::string> subjects;  // of a stream that is made; one narrows what is followed
  std::string durable = "sluice";
  std::vector<std::string> key;  // rows whose key is there are dropped
  std::filesystem::path map;     // TOML: types, paths and zones of columns
  int batch_messages = 10'000;
  std::chrono::milliseconds batch_time{1'000};
  std::chrono::milliseconds ack_wait{30'000};  // of a consumer that is made
  int deliveries_max = 5;                      // likewise
  int ack_pending_max = 0;                     // likewise; 0: four batches
  int replicas = 1;                            // of a stream that is made
  std::chrono::milliseconds wait{60'000};      // for servers, and others who have the target
  bool once = false;                           // end when all that is in the stream has landed
};

struct FollowMoveOptions {
  NatsOptions source;
  NatsOptions target;
  std::string stream;
  int replicas = 1;  // of the stream where it is made
  std::chrono::milliseconds wait{60'000};
};

}  // namespace sluice
