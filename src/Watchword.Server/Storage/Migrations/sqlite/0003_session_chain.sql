-- A user's sessions in an application form a chain, newest first: login_state.latest_session, then each one's previous_session. A login writes
-- both rows anyway; an index by user, and one by expiry, would cost it two pages more (docs/decisions/0007-session-chain.md). '' ends it.
ALTER TABLE login_state ADD COLUMN latest_session TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN previous_session TEXT NOT NULL DEFAULT '';

UPDATE sessions SET previous_session = COALESCE((SELECT MAX(p.session_id) FROM sessions p
    WHERE p.tenant_id = sessions.tenant_id AND p.user_id = sessions.user_id AND p.app_id = sessions.app_id AND p.session_id < sessions.session_id), '');
UPDATE login_state SET latest_session = COALESCE((SELECT MAX(s.session_id) FROM sessions s
    WHERE s.tenant_id = login_state.tenant_id AND s.user_id = login_state.user_id AND s.app_id = login_state.app_id), '');

DROP INDEX sessions_by_user;
DROP INDEX sessions_by_expiry;
