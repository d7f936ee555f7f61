#!/bin/sh
# Run once, when the database is made: base backups (and replicas) come from other containers of the inner network.
echo "host replication all samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
