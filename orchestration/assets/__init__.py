"""Thin Dagster assets, checks, jobs, schedules and sensors. Nothing outside this folder and definitions.py imports dagster."""
