-- SPDX-License-Identifier: MIT
\echo Use "CREATE EXTENSION hugepersist" to load this file. \quit

CREATE FUNCTION hugepersist_status(
	OUT start text,			-- warm, cold, or not used
	OUT why_cold text,
	OUT origin text,		-- created, kept, live update, lost, or none
	OUT buffers bigint,		-- that came back
	OUT bytes bigint,
	OUT milliseconds double precision, -- to check and enter them
	OUT since timestamptz,		-- of the last start that was cold
	OUT outlives_restart text,	-- yes, no, or not known
	OUT outlives_kexec text,
	OUT kexec_reason text)
AS 'MODULE_PATHNAME' LANGUAGE C PARALLEL SAFE;

CREATE VIEW hugepersist_status AS SELECT * FROM hugepersist_status();
GRANT SELECT ON hugepersist_status TO PUBLIC;
