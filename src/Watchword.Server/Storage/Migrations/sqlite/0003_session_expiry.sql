-- Written at every login and read once an hour: the hourly walk over all sessions costs less (Storage/SessionStore).
DROP INDEX sessions_by_expiry;
