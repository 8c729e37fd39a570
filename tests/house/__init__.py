"""Tests of the house itself: its contracts, its words, its sizes, its pages."""
