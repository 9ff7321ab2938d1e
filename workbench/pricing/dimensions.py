"""Names of everything that has a price: services, dimensions, units. The only place that knows them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Service(StrEnum):
    """A service as the price book spells it."""

    DYNAMODB = "dynamodb"
    DAX = "dax"
    RDS_POSTGRESQL = "rds-postgresql"
    RDS_PROXY = "rds-proxy"
    AURORA_POSTGRESQL = "aurora-postgresql"
    AURORA_SERVERLESS_V2 = "aurora-serverless-v2"
    ELASTICACHE = "elasticache"
    DATA_TRANSFER = "data-transfer"


class Dimension(StrEnum):
    """A priced quantity; families of instances are named by the functions below."""

    ON_DEMAND_WRU_STANDARD = "on_demand_wru_standard"
    ON_DEMAND_RRU_STANDARD = "on_demand_rru_standard"
    ON_DEMAND_WRU_STANDARD_IA = "on_demand_wru_standard_ia"
    ON_DEMAND_RRU_STANDARD_IA = "on_demand_rru_standard_ia"
    PROVISIONED_WCU_STANDARD = "provisioned_wcu_standard"
    PROVISIONED_RCU_STANDARD = "provisioned_rcu_standard"
    PROVISIONED_WCU_STANDARD_IA = "provisioned_wcu_standard_ia"
    PROVISIONED_RCU_STANDARD_IA = "provisioned_rcu_standard_ia"
    REPLICATED_WCU_STANDARD = "replicated_wcu_standard"
    REPLICATED_WCU_STANDARD_IA = "replicated_wcu_standard_ia"
    REPLICATED_WRU_STANDARD = "replicated_wru_standard"
    REPLICATED_WRU_STANDARD_IA = "replicated_wru_standard_ia"
    RESERVED_WCU_1YR_UPFRONT = "reserved_wcu_1yr_upfront"
    RESERVED_WCU_1YR_HOURLY = "reserved_wcu_1yr_hourly"
    RESERVED_RCU_1YR_UPFRONT = "reserved_rcu_1yr_upfront"
    RESERVED_RCU_1YR_HOURLY = "reserved_rcu_1yr_hourly"
    RESERVED_WCU_3YR_UPFRONT = "reserved_wcu_3yr_upfront"
    RESERVED_WCU_3YR_HOURLY = "reserved_wcu_3yr_hourly"
    RESERVED_RCU_3YR_UPFRONT = "reserved_rcu_3yr_upfront"
    RESERVED_RCU_3YR_HOURLY = "reserved_rcu_3yr_hourly"
    STORAGE_STANDARD = "storage_standard"
    STORAGE_STANDARD_IA = "storage_standard_ia"
    PITR_STORAGE = "pitr_storage"
    BACKUP_WARM = "backup_warm"
    BACKUP_COLD = "backup_cold"
    RESTORE_WARM = "restore_warm"
    RESTORE_COLD = "restore_cold"
    STREAMS_READ = "streams_read"
    KINESIS_CDC = "kinesis_cdc"
    EXPORT_TO_S3_FULL = "export_to_s3_full"
    EXPORT_TO_S3_INCREMENTAL = "export_to_s3_incremental"
    IMPORT_FROM_S3 = "import_from_s3"
    VECTOR_WRITE_REQUEST = "vector_write_request"
    VECTOR_SEARCH = "vector_search"
    FREE_BAND_STORAGE_STANDARD = "free_band_storage_standard"
    FREE_BAND_PROVISIONED = "free_band_provisioned"
    FREE_BAND_STREAMS = "free_band_streams"
    GP2_STORAGE_SINGLE_AZ = "gp2_storage_single_az"
    GP2_STORAGE_MULTI_AZ = "gp2_storage_multi_az"
    GP3_STORAGE_SINGLE_AZ = "gp3_storage_single_az"
    GP3_STORAGE_MULTI_AZ = "gp3_storage_multi_az"
    GP3_IOPS_SINGLE_AZ = "gp3_iops_single_az"
    GP3_IOPS_MULTI_AZ = "gp3_iops_multi_az"
    IO1_STORAGE_SINGLE_AZ = "io1_storage_single_az"
    IO1_STORAGE_MULTI_AZ = "io1_storage_multi_az"
    IO1_IOPS_SINGLE_AZ = "io1_iops_single_az"
    IO1_IOPS_MULTI_AZ = "io1_iops_multi_az"
    BACKUP_STORAGE = "backup_storage"
    EXTENDED_SUPPORT_YEAR_1 = "extended_support_year_1"
    PROXY = "proxy"
    STORAGE_IO_OPTIMIZED = "storage_io_optimized"
    IO_REQUESTS_STANDARD = "io_requests_standard"
    SNAPSHOT_EXPORT = "snapshot_export"
    ACU_STANDARD = "acu_standard"
    ACU_IO_OPTIMIZED = "acu_io_optimized"
    SERVERLESS_VALKEY_STORAGE = "serverless_valkey_storage"
    SERVERLESS_VALKEY_ECPU = "serverless_valkey_ecpu"
    SERVERLESS_REDIS_OSS_STORAGE = "serverless_redis_oss_storage"
    SERVERLESS_REDIS_OSS_ECPU = "serverless_redis_oss_ecpu"
    INTERNET_OUT_TO_10TB = "internet_out_to_10tb"
    INTERNET_OUT_TO_50TB = "internet_out_to_50tb"
    INTERNET_OUT_TO_150TB = "internet_out_to_150tb"
    INTERNET_OUT_ABOVE_150TB = "internet_out_above_150tb"
    FREE_BAND_INTERNET_OUT = "free_band_internet_out"
    INTER_REGION_OUT = "inter_region_out"
    CROSS_AZ = "cross_az"


_D = Dimension

_UNITS: Mapping[Service, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Service.DYNAMODB: {
            "million WRU": (_D.ON_DEMAND_WRU_STANDARD, _D.ON_DEMAND_WRU_STANDARD_IA),
            "million RRU": (_D.ON_DEMAND_RRU_STANDARD, _D.ON_DEMAND_RRU_STANDARD_IA),
            "WCU-hour": (_D.PROVISIONED_WCU_STANDARD, _D.PROVISIONED_WCU_STANDARD_IA),
            "RCU-hour": (_D.PROVISIONED_RCU_STANDARD, _D.PROVISIONED_RCU_STANDARD_IA),
            "rWCU-hour": (_D.REPLICATED_WCU_STANDARD, _D.REPLICATED_WCU_STANDARD_IA),
            "million rWRU": (_D.REPLICATED_WRU_STANDARD, _D.REPLICATED_WRU_STANDARD_IA),
            "100 units": (
                _D.RESERVED_WCU_1YR_UPFRONT,
                _D.RESERVED_RCU_1YR_UPFRONT,
                _D.RESERVED_WCU_3YR_UPFRONT,
                _D.RESERVED_RCU_3YR_UPFRONT,
            ),
            "100 unit-hours": (
                _D.RESERVED_WCU_1YR_HOURLY,
                _D.RESERVED_RCU_1YR_HOURLY,
                _D.RESERVED_WCU_3YR_HOURLY,
                _D.RESERVED_RCU_3YR_HOURLY,
            ),
            "GB-month": (
                _D.STORAGE_STANDARD,
                _D.STORAGE_STANDARD_IA,
                _D.PITR_STORAGE,
                _D.BACKUP_WARM,
                _D.BACKUP_COLD,
                _D.FREE_BAND_STORAGE_STANDARD,
            ),
            "GB": (
                _D.RESTORE_WARM,
                _D.RESTORE_COLD,
                _D.EXPORT_TO_S3_FULL,
                _D.EXPORT_TO_S3_INCREMENTAL,
                _D.IMPORT_FROM_S3,
                _D.VECTOR_WRITE_REQUEST,
                _D.VECTOR_SEARCH,
            ),
            "100,000 sRRU": (_D.STREAMS_READ, _D.FREE_BAND_STREAMS),
            "million CDCU": (_D.KINESIS_CDC,),
            "unit-hour": (_D.FREE_BAND_PROVISIONED,),
        },
        Service.DAX: {"hour": ("node:",)},
        Service.RDS_POSTGRESQL: {
            "hour": ("instance_single_az:", "instance_multi_az:"),
            "GB-month": (
                _D.GP2_STORAGE_SINGLE_AZ,
                _D.GP2_STORAGE_MULTI_AZ,
                _D.GP3_STORAGE_SINGLE_AZ,
                _D.GP3_STORAGE_MULTI_AZ,
                _D.IO1_STORAGE_SINGLE_AZ,
                _D.IO1_STORAGE_MULTI_AZ,
                _D.BACKUP_STORAGE,
            ),
            "IOPS-month": (
                _D.GP3_IOPS_SINGLE_AZ,
                _D.GP3_IOPS_MULTI_AZ,
                _D.IO1_IOPS_SINGLE_AZ,
                _D.IO1_IOPS_MULTI_AZ,
            ),
            "vCPU-hour": (_D.EXTENDED_SUPPORT_YEAR_1,),
        },
        Service.RDS_PROXY: {"vCPU-hour": (_D.PROXY,)},
        Service.AURORA_POSTGRESQL: {
            "hour": ("instance_standard:",),
            "GB-month": (_D.STORAGE_STANDARD, _D.STORAGE_IO_OPTIMIZED, _D.BACKUP_STORAGE),
            "million": (_D.IO_REQUESTS_STANDARD,),
            "GB": (_D.SNAPSHOT_EXPORT,),
        },
        Service.AURORA_SERVERLESS_V2: {"ACU-hour": (_D.ACU_STANDARD, _D.ACU_IO_OPTIMIZED)},
        Service.ELASTICACHE: {
            "hour": ("valkey_node:", "redis_oss_node:"),
            "GB-hour": (_D.SERVERLESS_VALKEY_STORAGE, _D.SERVERLESS_REDIS_OSS_STORAGE),
            "million ECPU": (_D.SERVERLESS_VALKEY_ECPU, _D.SERVERLESS_REDIS_OSS_ECPU),
            "GB-month": (_D.BACKUP_STORAGE,),
        },
        Service.DATA_TRANSFER: {
            "GB": (
                _D.INTERNET_OUT_TO_10TB,
                _D.INTERNET_OUT_TO_50TB,
                _D.INTERNET_OUT_TO_150TB,
                _D.INTERNET_OUT_ABOVE_150TB,
                _D.FREE_BAND_INTERNET_OUT,
                _D.INTER_REGION_OUT,
                _D.CROSS_AZ,
            ),
        },
    },
)

_UNIT_OF: dict[tuple[str, str], str] = {
    (service, name): unit
    for service, by_unit in _UNITS.items()
    for unit, names in by_unit.items()
    for name in names
}

_COUNTS = {
    "million": Decimal(1_000_000),
    "100,000": Decimal(100_000),
    "100": Decimal(100),
}


def unit_of(service: str, dimension: str) -> str | None:
    """The unit in which a dimension is priced, or None where the service has no such dimension.

    >>> unit_of("dynamodb", "on_demand_wru_standard")
    'million WRU'
    >>> unit_of("rds-postgresql", "instance_single_az:db.t3.medium")
    'hour'
    """
    family, colon, member = dimension.partition(":")
    if colon and not member:
        return None
    return _UNIT_OF.get((service, family + colon))


def dimensions_of(service: str) -> tuple[str, ...]:
    """The dimensions of a service; one that ends in `:` is a family of instances."""
    return tuple(name for owner, name in _UNIT_OF if owner == service)


def count_in(unit: str) -> Decimal:
    """How many single things one priced unit holds.

    >>> count_in("million WRU"), count_in("GB-month")
    (Decimal('1000000'), Decimal('1'))
    """
    return _COUNTS.get(unit.partition(" ")[0], Decimal(1))


def rds_instance(instance_class: str, *, multi_az: bool) -> str:
    """The dimension of an RDS instance hour, such as `instance_single_az:db.t3.medium`."""
    return f"instance_{'multi' if multi_az else 'single'}_az:{instance_class}"


def aurora_instance(instance_class: str) -> str:
    """The dimension of an Aurora Standard instance hour."""
    return f"instance_standard:{instance_class}"


def dax_node(node_type: str) -> str:
    """The dimension of a DAX node hour."""
    return f"node:{node_type}"


def cache_node(engine: str, node_type: str) -> str:
    """The dimension of an ElastiCache node hour; `engine` is `valkey` or `redis_oss`."""
    return f"{engine}_node:{node_type}"
