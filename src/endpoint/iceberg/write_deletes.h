// Private to endpoint/iceberg: rows of data files that a snapshot deletes by their places.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/table_scan.h"

namespace sluice::iceberg {

struct DeletedPlaces {
  const LiveFile* file = nullptr;
  std::vector<std::uint64_t> rows;  // those of this snapshot
};

struct DeletesWriting {
  std::string run;
  std::string stem;  // of the addresses that are written
  LakeFiles* files = nullptr;
};

// "Position Delete Files", one for each data file, into `change`. `written`: their addresses, after
// an error too. For tables of version 2.
Status write_position_deletes(const std::vector<DeletedPlaces>& places,
                              const DeletesWriting& writing, Engine& engine,
                              EngineConnection& connection, SnapshotChange& change,
                              std::vector<std::string>& written);

// "Deletion Vectors", one for each data file, with the rows that vectors and position deletes of
// before take out of it: these go, where they are of that data file alone. For tables of version 3,
// which may not get another file of positions.
Status write_vectors(const std::vector<DeletedPlaces>& places, const DeletesWriting& writing,
                     TableScan& now, SnapshotChange& change, std::vector<std::string>& written);

}  // namespace sluice::iceberg
